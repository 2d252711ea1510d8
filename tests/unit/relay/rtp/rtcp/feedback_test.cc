#include "relay/rtp/rtcp/feedback.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/relay/hex_bytes.h"

namespace strata::relay {
namespace {

TEST(GenericNack, ItemsAndWrap) {
    const auto bytes = hex_bytes("81cd0004 00000001 00000002 00100005 fffe8001");
    GenericNack nack;
    ASSERT_TRUE(read_generic_nack(*RtcpCompound(bytes).next(), nack));
    EXPECT_EQ(nack.parties.media.value, 2u);
    std::vector<int> asked;
    nack.for_each([&asked](SequenceNumber n) { asked.push_back(n.value); });
    EXPECT_EQ(asked, (std::vector<int>{16, 17, 19, 65'534, 65'535, 14}));
    const auto empty = hex_bytes("81cd0002 00000001 00000002");
    EXPECT_FALSE(read_generic_nack(*RtcpCompound(empty).next(), nack));
}

TEST(PictureLoss, AndSliceLoss) {
    FeedbackParties parties;
    const auto pli = hex_bytes("81ce0002 00000001 00000002");
    ASSERT_TRUE(read_picture_loss(*RtcpCompound(pli).next(), parties));
    EXPECT_EQ(parties.sender.value, 1u);
    EXPECT_EQ(parties.media.value, 2u);
    EXPECT_FALSE(read_slice_loss(*RtcpCompound(pli).next(), parties));
    const auto sli = hex_bytes("82ce0003 00000001 00000002 00000000");
    EXPECT_TRUE(read_slice_loss(*RtcpCompound(sli).next(), parties));
    const auto cut = hex_bytes("81ce0001 00000001");
    EXPECT_FALSE(read_picture_loss(*RtcpCompound(cut).next(), parties));
    const auto rtpfb = hex_bytes("81cd0002 00000001 00000002");
    EXPECT_FALSE(read_picture_loss(*RtcpCompound(rtpfb).next(), parties));
}

TEST(FullIntraRequest, Entries) {  // C32
    const auto bytes = hex_bytes("84ce0006 00000001 00000000 00000002 07000000 00000003 ff000000");
    FullIntraRequest fir;
    ASSERT_TRUE(read_full_intra_request(*RtcpCompound(bytes).next(), fir));
    ASSERT_EQ(fir.size(), 2u);
    EXPECT_EQ(fir.ssrc(0).value, 2u);
    EXPECT_EQ(fir.sequence(0), 7);
    EXPECT_EQ(fir.sequence(1), 255);
    const auto half = hex_bytes("84ce0003 00000001 00000000 00000002");
    EXPECT_FALSE(read_full_intra_request(*RtcpCompound(half).next(), fir));
}

TEST(ReceiverEstimate, MantissaAndExponent) {
    const auto bytes = hex_bytes("8fce0005 00000001 00000000 52454d42 0106ddd0 00000002");
    ReceiverEstimate estimate;
    ASSERT_TRUE(read_receiver_estimate(*RtcpCompound(bytes).next(), estimate));
    EXPECT_EQ(estimate.bitrate_bps, 0x2DDD0u << 1);
    EXPECT_EQ(estimate.size(), 1u);
    EXPECT_EQ(estimate.ssrc(0).value, 2u);
    const auto huge = hex_bytes("8fce0004 00000001 00000000 52454d42 00ffffff");
    ASSERT_TRUE(read_receiver_estimate(*RtcpCompound(huge).next(), estimate));
    EXPECT_EQ(estimate.bitrate_bps, ~std::uint64_t{0}) << "saturates";
    const auto other = hex_bytes("8fce0004 00000001 00000000 52454d43 00ffffff");
    EXPECT_FALSE(read_receiver_estimate(*RtcpCompound(other).next(), estimate));
    const auto promised = hex_bytes("8fce0004 00000001 00000000 52454d42 01ffffff");
    EXPECT_FALSE(read_receiver_estimate(*RtcpCompound(promised).next(), estimate));
}

TEST(BitrateLimit, RequestAndNotification) {
    const auto request = hex_bytes("83cd0004 00000001 00000000 00000002 0804e228");
    BitrateLimit limit;
    ASSERT_TRUE(read_bitrate_limit(*RtcpCompound(request).next(), limit));
    EXPECT_FALSE(limit.notification);
    ASSERT_EQ(limit.size(), 1u);
    EXPECT_EQ(limit.bitrate_bps(0), (0x0804E228u >> 9 & 0x1FFFF) << 2);
    EXPECT_EQ(limit.overhead_bytes(0), 40);
    const auto none = hex_bytes("84cd0002 00000001 00000000");
    ASSERT_TRUE(read_bitrate_limit(*RtcpCompound(none).next(), limit));
    EXPECT_TRUE(limit.notification);
    EXPECT_EQ(limit.size(), 0u);
}

}  // namespace
}  // namespace strata::relay

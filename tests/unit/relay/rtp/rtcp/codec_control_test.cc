#include "relay/rtp/rtcp/codec_control.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "relay/rtp/rtcp/writer.h"
#include "tests/unit/relay/hex_bytes.h"

namespace strata::relay {
namespace {

using Bytes = std::vector<std::uint8_t>;

RtcpPacket only(const Bytes& bytes) { return *RtcpCompound(bytes).next(); }

TEST(ReferenceSelection, NativeBitsEndBeforeThePadding) {
    ReferenceSelection selection;
    // Ten bits of padding: 6 of the last byte of the bit string, and another byte.
    const auto bytes = hex_bytes("83ce0004 00000001 00000002 1262abcd c0000000");
    ASSERT_TRUE(read_reference_selection(only(bytes), selection));
    EXPECT_EQ(selection.parties.media.value, 2u);
    EXPECT_EQ(selection.payload_type, 98);
    EXPECT_EQ(Bytes(selection.native_bits.begin(), selection.native_bits.end()),
              (Bytes{0xab, 0xcd, 0xc0, 0x00}));
    EXPECT_EQ(selection.unused_bits, 2);
    EXPECT_FALSE(
        read_reference_selection(only(hex_bytes("83ce0003 00000001 00000002 1162abcd")), selection))
        << "more padding than there is";
    EXPECT_FALSE(
        read_reference_selection(only(hex_bytes("83ce0002 00000001 00000002")), selection));
}

TEST(TradeOff, RequestsAndNotifications) {
    TradeOff trade_off;
    const auto bytes = hex_bytes("85ce0006 00000001 00000000 00000002 07ffffe5 00000003 08000000");
    ASSERT_TRUE(read_trade_off(only(bytes), trade_off));
    EXPECT_FALSE(trade_off.notification);
    ASSERT_EQ(trade_off.size(), 2u);
    EXPECT_EQ(trade_off.ssrc(0).value, 2u);
    EXPECT_EQ(trade_off.sequence(0), 7);
    EXPECT_EQ(trade_off.index(0), 5) << "reserved bits are ignored";
    EXPECT_EQ(trade_off.index(1), 0);
    EXPECT_FALSE(read_trade_off(only(hex_bytes("85ce0003 00000001 00000000 00000002")), trade_off));
    EXPECT_FALSE(
        read_trade_off(only(hex_bytes("84ce0004 00000001 00000000 00000002 07000000")), trade_off))
        << "a full intra request";
}

TEST(VideoBackChannel, OctetsAreAsManyAsItSays) {
    VideoBackChannel message;
    const auto bytes = hex_bytes("87ce0005 00000001 00000000 00000002 07620003 aabbcc00");
    ASSERT_TRUE(read_video_back_channel(only(bytes), message));
    EXPECT_EQ(message.media.value, 2u);
    EXPECT_EQ(message.sequence, 7);
    EXPECT_EQ(message.payload_type, 98);
    EXPECT_EQ(Bytes(message.octets.begin(), message.octets.end()), (Bytes{0xaa, 0xbb, 0xcc}));
    EXPECT_FALSE(read_video_back_channel(
        only(hex_bytes("87ce0005 00000001 00000000 00000002 07620005 aabbcc00")), message));
}

TEST(CodecControl, WhatIsWrittenReadsTheSame) {
    std::array<std::uint8_t, 256> buffer;
    RtcpWriter writer(buffer);
    const Bytes bits{1, 2, 3};
    ASSERT_TRUE(writer.reference_selection({{1}, {2}}, 98, bits));
    ASSERT_TRUE(writer.trade_off({1}, {2}, true, 9, 31));
    ASSERT_TRUE(writer.slice_loss({{1}, {2}}, 8191, 3, 63));
    ASSERT_TRUE(writer.bitrate_limit({1}, {2}, false, 0x1ffff000, 40));
    ASSERT_TRUE(writer.bitrate_limit({1}, {2}, true, 1'000, 511));
    RtcpCompound compound(writer.written());
    ReferenceSelection selection;
    ASSERT_TRUE(read_reference_selection(*compound.next(), selection));
    EXPECT_EQ(Bytes(selection.native_bits.begin(), selection.native_bits.end()), bits);
    EXPECT_EQ(selection.unused_bits, 0);
    TradeOff trade_off;
    ASSERT_TRUE(read_trade_off(*compound.next(), trade_off));
    EXPECT_TRUE(trade_off.notification && trade_off.index(0) == 31 && trade_off.sequence(0) == 9);
    FeedbackParties parties;
    const RtcpPacket slice = *compound.next();
    ASSERT_TRUE(read_slice_loss(slice, parties));
    EXPECT_EQ(load_be32(&slice.body[8]), 0xfff8'00ffu);
    BitrateLimit limit;
    ASSERT_TRUE(read_bitrate_limit(*compound.next(), limit));
    EXPECT_EQ(limit.bitrate_bps(0), 0x1ffff000u);
    EXPECT_EQ(limit.overhead_bytes(0), 40);
    ASSERT_TRUE(read_bitrate_limit(*compound.next(), limit));
    EXPECT_TRUE(limit.notification && limit.bitrate_bps(0) == 1'000);
    EXPECT_FALSE(writer.reference_selection({{1}, {2}}, 98, {})) << "no bits";
    RtcpWriter full{std::span(buffer).first(19)};
    EXPECT_FALSE(full.trade_off({1}, {2}, false, 0, 0));
    EXPECT_FALSE(full.bitrate_limit({1}, {2}, false, 0, 0));
    EXPECT_EQ(full.size(), 0u);
}

}  // namespace
}  // namespace strata::relay

#include "relay/rtp/rtcp/compound.h"

#include <gtest/gtest.h>

#include <vector>

#include "relay/rtp/rtcp/extended_report.h"
#include "relay/rtp/rtcp/feedback.h"
#include "relay/rtp/rtcp/report.h"
#include "relay/rtp/rtcp/source_description.h"
#include "relay/rtp/rtcp/transport_feedback.h"
#include "tests/unit/relay/hex_bytes.h"

namespace strata::relay {
namespace {

struct Walk {
    std::vector<RtcpPacket> packets;
    std::size_t damaged = 0;
};
Walk walk(std::span<const std::uint8_t> datagram) {
    Walk result;
    RtcpCompound compound(datagram);
    while (const auto packet = compound.next()) result.packets.push_back(*packet);
    result.damaged = compound.damaged();
    return result;
}

TEST(RtcpCompound, WalksInOrder) {
    const auto bytes =
        hex_bytes("80c90001 00000001  81cb0001 00000002  81ce0002 00000003 00000004");
    const Walk result = walk(bytes);
    ASSERT_EQ(result.packets.size(), 3u);
    EXPECT_EQ(result.packets[0].type, RtcpType::receiver_report);
    EXPECT_EQ(result.packets[1].type, RtcpType::bye);
    EXPECT_EQ(result.packets[2].count, kFmtPictureLoss);
    EXPECT_EQ(result.packets[2].body.size(), 8u);
    EXPECT_EQ(rtcp_sender(result.packets[2])->value, 3u);
    EXPECT_EQ(result.damaged, 0u);
}

TEST(RtcpCompound, ReducedSizeIsFine) {  // C34, RFC 5506
    EXPECT_EQ(walk(hex_bytes("81ce0002 00000003 00000004")).packets.size(), 1u);
    EXPECT_EQ(walk(hex_bytes("80cb0000")).packets.size(), 1u) << "nothing but a header";
}

TEST(RtcpCompound, JunkCostsOnlyItsPart) {  // C34
    const auto version =
        hex_bytes("80c90001 00000001  00cb0001 00000002  81ce0002 00000003 00000004");
    EXPECT_EQ(walk(version).packets.size(), 2u);
    EXPECT_EQ(walk(version).damaged, 1u);
    const auto padding = hex_bytes("a0c90001 00000000  81ce0002 00000003 00000004");
    EXPECT_EQ(walk(padding).packets.size(), 1u);
    EXPECT_EQ(walk(padding).damaged, 1u);
    const auto unknown = hex_bytes("80ff0001 00000001  81ce0002 00000003 00000004");
    EXPECT_EQ(walk(unknown).packets.size(), 2u) << "unknown types are the reader's";
}

TEST(RtcpCompound, OverrunEndsTheWalk) {  // C51
    const auto bytes = hex_bytes("80c90001 00000001  80cbffff 00000002");
    EXPECT_EQ(walk(bytes).packets.size(), 1u);
    EXPECT_EQ(walk(bytes).damaged, 1u);
    EXPECT_EQ(walk(hex_bytes("80c90001 00000001 80cb00")).damaged, 1u);
    EXPECT_EQ(walk({}).damaged, 0u);
}

TEST(RtcpCompound, PaddingIsCutOff) {
    const Walk result = walk(hex_bytes("a0c90003 00000001 00000000 00000008"));
    ASSERT_EQ(result.packets.size(), 1u);
    EXPECT_EQ(result.packets[0].body.size(), 4u);
    EXPECT_EQ(walk(hex_bytes("a0c90000")).damaged, 1u) << "the header can't be padding";
}

// Every reader on every part, whatever its type says.
void read_everything(std::span<const std::uint8_t> datagram) {
    RtcpCompound compound(datagram);
    std::size_t sum = 0;
    while (const auto packet = compound.next()) {
        SenderReport sender;
        ReceiverReport receiver;
        sum += read_sender_report(*packet, sender) + read_receiver_report(*packet, receiver);
        SdesItems items(*packet);
        while (const auto item = items.next())
            for (const char c : item->text) sum += static_cast<unsigned char>(c);
        Bye bye;
        if (read_bye(*packet, bye))
            for (std::size_t i = 0; i < bye.size(); ++i) sum += bye.ssrc(i).value;
        AppPacket app;
        if (read_app(*packet, app)) sum += app.data.size();
        GenericNack nack;
        if (read_generic_nack(*packet, nack))
            nack.for_each([&sum](SequenceNumber n) { sum += n.value; });
        FeedbackParties parties;
        sum += read_picture_loss(*packet, parties) + read_slice_loss(*packet, parties);
        FullIntraRequest fir;
        if (read_full_intra_request(*packet, fir))
            for (std::size_t i = 0; i < fir.size(); ++i) sum += fir.sequence(i);
        ReceiverEstimate estimate;
        if (read_receiver_estimate(*packet, estimate))
            for (std::size_t i = 0; i < estimate.size(); ++i) sum += estimate.ssrc(i).value;
        BitrateLimit limit;
        if (read_bitrate_limit(*packet, limit))
            for (std::size_t i = 0; i < limit.size(); ++i) sum += limit.bitrate_bps(i);
        ExtendedReport extended;
        if (read_extended_report(*packet, extended))
            for (std::size_t i = 0; i < extended.size(); ++i) sum += extended.last_rr(i);
        TransportFeedback feedback;
        if (read_transport_feedback(*packet, feedback))
            feedback.for_each([&sum](SequenceNumber n, bool, TimeUs) { sum += n.value; });
    }
    EXPECT_GE(sum, 0u);
}

TEST(RtcpCompound, HostileBytes) {  // C51
    const auto sample = hex_bytes(
        "81c8000c 00000001 0102030405060708 00000009 0000000a 0000000b"
        "         00000002 10ffffff 00010002 00000003 00000004 00000005"
        "81ca0003 00000001 01036162 63000000"
        "81cb0002 00000001 02686900"
        "80cc0003 00000001 6e616d65 01020304"
        "81cd0003 00000001 00000002 00100081"
        "84ce0004 00000001 00000000 00000002 07000000"
        "8fce0005 00000001 00000000 52454d42 0109ffff 00000002"
        "8fcd0005 00000001 00000002 00100003 00000a01 20030102"
        "83cd0004 00000001 00000002 00000003 fc01fe05"
        "80cf0008 00000001 04000002 0102030405060708 05000003 000000010000000200000003");
    EXPECT_EQ(walk(sample).packets.size(), 10u);
    EXPECT_EQ(walk(sample).damaged, 0u);
    for_each_mutation(sample, [](const auto& bytes) { read_everything(bytes); });
}

}  // namespace
}  // namespace strata::relay

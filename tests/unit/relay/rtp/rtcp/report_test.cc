#include "relay/rtp/rtcp/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "tests/unit/relay/hex_bytes.h"

namespace strata::relay {
namespace {

TEST(RtcpReport, SenderReport) {
    const auto bytes = hex_bytes(
        "81c8000c 0000000a e0000001 80000000 00000011 00000022 00000033"
        "0000000b 40 fffffe 0001ffff 00000005 00018000 00008000");
    SenderReport report;
    ASSERT_TRUE(read_sender_report(*RtcpCompound(bytes).next(), report));
    EXPECT_EQ(report.sender.value, 0xAu);
    EXPECT_EQ(report.ntp, 0xE000'0001'8000'0000u);
    EXPECT_EQ(report.rtp_timestamp, 0x11u);
    EXPECT_EQ(report.packets, 0x22u);
    EXPECT_EQ(report.octets, 0x33u);
    ASSERT_EQ(report.block_count, 1);
    EXPECT_EQ(report.blocks[0].ssrc.value, 0xBu);
    EXPECT_EQ(report.blocks[0].fraction_lost, 64);
    EXPECT_EQ(report.blocks[0].cumulative_lost, -2) << "signed 24 bits";
    EXPECT_EQ(report.blocks[0].extended_highest_sequence, 0x1FFFFu);
}

TEST(RtcpReport, TypesAndSizesAreChecked) {  // C51
    SenderReport sender;
    ReceiverReport receiver;
    const auto rr = hex_bytes("80c90001 00000001");
    EXPECT_TRUE(read_receiver_report(*RtcpCompound(rr).next(), receiver));
    EXPECT_EQ(receiver.block_count, 0);
    EXPECT_FALSE(read_sender_report(*RtcpCompound(rr).next(), sender));
    const auto promised = hex_bytes("82c90001 00000001");
    EXPECT_FALSE(read_receiver_report(*RtcpCompound(promised).next(), receiver));
    const auto cut = hex_bytes("80c80001 00000001");
    EXPECT_FALSE(read_sender_report(*RtcpCompound(cut).next(), sender));
}

TEST(RtcpReport, BlockRoundTripAndClamping) {
    std::array<std::uint8_t, 4 + 4 + ReportBlock::kSize> bytes = {0x81, 0xC9, 0, 7, 0, 0, 0, 1};
    for (const std::int32_t lost : {0, 1, -1, 0x7F'FFFF, -0x80'0000, 0x7FFF'FFFF, -0x7FFF'FFFF}) {
        write_report_block({.ssrc = {5},
                            .fraction_lost = 255,
                            .cumulative_lost = lost,
                            .extended_highest_sequence = 6,
                            .jitter = 7,
                            .last_sr = 8,
                            .delay_since_last_sr = 9},
                           &bytes[8]);
        ReceiverReport report;
        ASSERT_TRUE(read_receiver_report(*RtcpCompound(bytes).next(), report));
        EXPECT_EQ(report.blocks[0].cumulative_lost, std::clamp(lost, -0x80'0000, 0x7F'FFFF));
        EXPECT_EQ(report.blocks[0].fraction_lost, 255);
        EXPECT_EQ(report.blocks[0].delay_since_last_sr, 9u);
    }
}

TEST(RtcpReport, RoundTripTime) {
    // The example of RFC 3550 figure 2: 6.125 s.
    EXPECT_EQ(
        round_trip_time({.last_sr = 0xB705'2000, .delay_since_last_sr = 0x0005'4000}, 0xB710'8000),
        0x0006'2000u);
    EXPECT_FALSE(round_trip_time({}, 5));
    EXPECT_FALSE(round_trip_time({.last_sr = 10, .delay_since_last_sr = 20}, 15));
    EXPECT_FALSE(round_trip_time({.last_sr = 10}, 5)) << "report from the future";
    EXPECT_EQ(round_trip_time({.last_sr = 0xFFFF'FFF0}, 0x10), 0x20u) << "wrap";
}

}  // namespace
}  // namespace strata::relay

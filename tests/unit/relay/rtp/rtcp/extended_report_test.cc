#include "relay/rtp/rtcp/extended_report.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/hex_bytes.h"

namespace strata::relay {
namespace {

TEST(ExtendedReport, ReferenceTimeAndDelays) {
    const auto bytes = hex_bytes(
        "80cf000a 00000001 04000002 0102030405060708"
        "2a000001 ffffffff"
        "05000003 00000002 00000003 00000004");
    ExtendedReport report;
    ASSERT_TRUE(read_extended_report(*RtcpCompound(bytes).next(), report));
    EXPECT_EQ(report.sender.value, 1u);
    EXPECT_TRUE(report.has_reference_time);
    EXPECT_EQ(report.ntp, 0x0102030405060708u);
    EXPECT_EQ(report.skipped_blocks, 1);
    ASSERT_EQ(report.size(), 1u);
    EXPECT_EQ(report.ssrc(0).value, 2u);
    EXPECT_EQ(report.last_rr(0), 3u);
    EXPECT_EQ(report.delay_since_last_rr(0), 4u);
}

TEST(ExtendedReport, CutBlocksEndTheWalk) {  // C34, C51
    ExtendedReport report;
    const auto cut = hex_bytes("80cf0003 00000001 05000003 00000002");
    ASSERT_TRUE(read_extended_report(*RtcpCompound(cut).next(), report));
    EXPECT_EQ(report.size(), 0u);
    const auto no_sender = hex_bytes("80cf0000");
    EXPECT_FALSE(read_extended_report(*RtcpCompound(no_sender).next(), report));
    const auto short_block = hex_bytes("80cf0003 00000001 04000001 01020304");
    ASSERT_TRUE(read_extended_report(*RtcpCompound(short_block).next(), report));
    EXPECT_FALSE(report.has_reference_time);
}

}  // namespace
}  // namespace strata::relay

#include "bench/generator/rtcp.h"

#include <gtest/gtest.h>

namespace strata::gen {
namespace {

TEST(Rtcp, ReadsWhatItWrites) {
    std::vector<std::uint8_t> out;
    append_sender_report({1, 0x1122334455667788, 3, 4, 5}, out);
    append_sdes(1, "strata", out);
    ReportBlock block;
    block.ssrc = 9;
    block.fraction_lost = 128;
    block.cumulative_lost = -3;
    block.highest_sequence = 70'000;
    append_receiver_report(2, std::span(&block, 1), out);
    append_pli(2, 9, out);
    const RtcpContents read = read_rtcp(out);
    EXPECT_FALSE(read.malformed);
    ASSERT_EQ(read.sender_reports.size(), 1u);
    EXPECT_EQ(read.sender_reports[0].ntp, 0x1122334455667788u);
    EXPECT_EQ(read.sender_reports[0].octets, 5u);
    ASSERT_EQ(read.report_blocks.size(), 1u);
    EXPECT_EQ(read.report_blocks[0].cumulative_lost, -3);
    EXPECT_EQ(read.report_blocks[0].highest_sequence, 70'000u);
    ASSERT_EQ(read.key_frame_requests.size(), 1u);
    EXPECT_EQ(read.key_frame_requests[0].media_ssrc, 9u);
}

TEST(Rtcp, JunkCostsOnlyThatPart) {  // C34
    std::vector<std::uint8_t> out;
    append_pli(2, 9, out);
    out.insert(out.end(), {0x81, 201, 0, 99, 1, 2});
    const RtcpContents read = read_rtcp(out);
    EXPECT_TRUE(read.malformed);
    EXPECT_EQ(read.key_frame_requests.size(), 1u);
    for (std::size_t size = 0; size < out.size(); ++size) read_rtcp(std::span(out).first(size));
}

}  // namespace
}  // namespace strata::gen

#include "control/cli/number.h"

#include <gtest/gtest.h>

namespace strata::control::cli {
namespace {

TEST(Number, WholeNumbersDecimalAndHexadecimal) {
    EXPECT_EQ(parse_u32("0", "SSRC").value(), 0u);
    EXPECT_EQ(parse_u32("4294967295", "SSRC").value(), 4'294'967'295u);
    EXPECT_EQ(parse_u32("0xFfffffff", "SSRC").value(), 4'294'967'295u);
    EXPECT_EQ(parse_u32("0X10", "SSRC").value(), 16u);
    for (const char* wrong :
         {"", "-1", "+1", "1.5", "4294967296", "0x", "0x100000000", "1 ", "one"})
        EXPECT_FALSE(parse_u32(wrong, "SSRC")) << wrong;
    EXPECT_NE(parse_u32("one", "--ssrc").error().message.find("--ssrc: found \"one\""),
              std::string::npos);
}

TEST(Number, SecondsBetweenATenthAndAnHour) {
    EXPECT_EQ(parse_seconds_ms("0.1", "--timeout").value(), 100u);
    EXPECT_EQ(parse_seconds_ms("2.5", "--timeout").value(), 2'500u);
    EXPECT_EQ(parse_seconds_ms("3600", "--timeout").value(), 3'600'000u);
    for (const char* wrong : {"", "0", "0.09", "3601", "-1", "nan", "inf", "1s"})
        EXPECT_FALSE(parse_seconds_ms(wrong, "--timeout")) << wrong;
}

}  // namespace
}  // namespace strata::control::cli

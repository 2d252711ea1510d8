#include "control/signalling/sdp/description.h"

#include <gtest/gtest.h>

namespace strata::control::sdp {
namespace {

TEST(SdpDescription, FormatParameters) {
    EXPECT_EQ(format_parameter("apt=96", "apt"), "96");
    EXPECT_EQ(format_parameter("a=1; Profile-ID=2;c", "profile-id"), "2");
    EXPECT_EQ(format_parameter("a=1; c", "c"), "");
    EXPECT_FALSE(format_parameter("apt=96", "ap"));
    EXPECT_FALSE(format_parameter("", "x"));
}

TEST(SdpDescription, IceText) {
    EXPECT_TRUE(is_ice_text("ab+/", 4));
    EXPECT_FALSE(is_ice_text("abc", 4));
    EXPECT_FALSE(is_ice_text("abc-", 4));
    EXPECT_FALSE(is_ice_text(std::string(257, 'a'), 4));
}

TEST(SdpDescription, Directions) {
    EXPECT_EQ(mirrored(Direction::sendonly), Direction::recvonly);
    EXPECT_EQ(mirrored(Direction::sendrecv), Direction::sendrecv);
    EXPECT_TRUE(sends(Direction::sendrecv) && !sends(Direction::recvonly));
    EXPECT_TRUE(receives(Direction::recvonly) && !receives(Direction::inactive));
}

}  // namespace
}  // namespace strata::control::sdp

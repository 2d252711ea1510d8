#include "control/api/path_ids.h"

#include <gtest/gtest.h>

namespace strata::control {
namespace {

TEST(PathIds, EachKindHasItsLetter) {
    EXPECT_TRUE(path_participant("p12") && path_track("t7") && path_subscription("s31"));
    EXPECT_FALSE(path_participant("t7") || path_track("s31") || path_subscription("p12"));
}

TEST(PathIds, WhatIsNoneIsNotFoundAndSaysHowTheyLook) {
    for (const char* wrong : {"", "p", "12", "p-1", "p1x", "p99999999999999999999999", " p1"}) {
        const auto id = path_participant(wrong);
        ASSERT_FALSE(id) << wrong;
        EXPECT_EQ(id.error().code, ErrorCode::not_found);
        EXPECT_EQ(id.error().hint, "participants are named like p12");
    }
    EXPECT_LE(path_track(std::string(100'000, 'x')).error().detail.size(), 200u);
}

TEST(PathIds, WorkersAreNumbers) {
    EXPECT_EQ(path_worker("0", 2).value(), 0u);
    EXPECT_EQ(path_worker("1", 2).value(), 1u);
    for (const char* wrong : {"", "2", "-1", "1x", " 1", "w1", "99999999999"}) {
        const auto id = path_worker(wrong, 2);
        ASSERT_FALSE(id) << wrong;
        EXPECT_EQ(id.error().code, ErrorCode::not_found);
    }
}

}  // namespace
}  // namespace strata::control

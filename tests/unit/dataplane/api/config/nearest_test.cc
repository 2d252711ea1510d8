#include "dataplane/api/config/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace strata::api {
namespace {

TEST(EditDistance, CountsEdits) {
    EXPECT_EQ(edit_distance("", ""), 0u);
    EXPECT_EQ(edit_distance("", "abc"), 3u);
    EXPECT_EQ(edit_distance("workers", "workers"), 0u);
    EXPECT_EQ(edit_distance("wokers", "workers"), 1u);
    EXPECT_EQ(edit_distance("wrokers", "workers"), 1u);  // neighbours swapped
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
    EXPECT_EQ(edit_distance("abc", "xyz"), 3u);
}

TEST(Nearest, TakesTheNearestAndTheFirstOnATie) {
    constexpr std::array<std::string_view, 4> kWords = {"room", "track", "stats", "drops"};
    EXPECT_EQ(nearest("romo", kWords), "room");
    EXPECT_EQ(nearest("tracks", kWords), "track");
    EXPECT_EQ(nearest("stat", kWords), "stats");
    EXPECT_EQ(nearest("zebra", kWords), "");
    EXPECT_EQ(nearest("", kWords), "");
    EXPECT_EQ(nearest(std::string(100000, 'r'), kWords), "");
    constexpr std::array<std::string_view, 2> kTie = {"ab", "ac"};
    EXPECT_EQ(nearest("ad", kTie), "ab");
}

}  // namespace
}  // namespace strata::api

#include "relay/ice/rate_limit.h"

#include <gtest/gtest.h>

namespace strata::relay {
namespace {

int taken(RateLimit& limit, TimeUs now, int tries) {
    int count = 0;
    for (int i = 0; i < tries; ++i) count += limit.take(now) ? 1 : 0;
    return count;
}

TEST(RateLimit, LetsSoManyPerSecondBy) {
    RateLimit limit(10);
    EXPECT_EQ(taken(limit, 5'000'000, 50), 10);
    EXPECT_EQ(taken(limit, 5'099'999, 50), 0);
    EXPECT_EQ(taken(limit, 5'100'000, 50), 1);
    EXPECT_EQ(taken(limit, 5'600'000, 50), 5);
    EXPECT_EQ(taken(limit, 500'000'000'000, 50), 10);
}

TEST(RateLimit, ADripNeverExceedsIt) {
    RateLimit limit(100);
    int count = 0;
    for (TimeUs now = 0; now < 10'000'000; now += 777) count += taken(limit, now, 3);
    EXPECT_GE(count, 1000);
    EXPECT_LE(count, 1100);
}

TEST(RateLimit, NothingPassesALimitOfZeroAndTimeNeverRunsBackwards) {
    RateLimit none(0);
    EXPECT_EQ(taken(none, 1, 5), 0);
    EXPECT_EQ(taken(none, 10'000'000, 5), 0);
    RateLimit limit(1);
    EXPECT_TRUE(limit.take(1'000'000));
    EXPECT_FALSE(limit.take(0));
    EXPECT_FALSE(limit.take(1'500'000));
}

}  // namespace
}  // namespace strata::relay

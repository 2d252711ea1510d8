#include "relay/recovery/repeat_limit.h"

#include <gtest/gtest.h>

namespace strata::relay::repeat_limit_test {
namespace {

using Verdict = RepeatLimit::Verdict;
constexpr TimeUs kRoundTrip = 50'000;
constexpr std::uint8_t kMost = 3;

Verdict take(RepeatLimit& limit, std::uint16_t sequence, TimeUs now) {
    return limit.take({sequence}, kMost, kRoundTrip, now);
}

TEST(RepeatLimit, OncePerRoundTripAndAFewTimesInAll) {  // C27
    RepeatLimit limit;
    EXPECT_EQ(take(limit, 5, 0), Verdict::allowed);
    EXPECT_EQ(take(limit, 5, kRoundTrip - 1), Verdict::too_soon);
    EXPECT_EQ(take(limit, 5, kRoundTrip), Verdict::allowed);
    EXPECT_EQ(take(limit, 5, 2 * kRoundTrip), Verdict::allowed);
    EXPECT_EQ(take(limit, 5, 3 * kRoundTrip), Verdict::too_often);
    EXPECT_EQ(take(limit, 6, 3 * kRoundTrip), Verdict::allowed) << "others aren't affected";
}

TEST(RepeatLimit, AskingForOthersDoesntMakeItForget) {
    RepeatLimit limit;
    constexpr auto kEntries = static_cast<std::uint16_t>(RepeatLimit::kEntries);
    for (int i = 0; i < 3; ++i) take(limit, 1'000, i * kRoundTrip);
    EXPECT_EQ(take(limit, 1'000 - kEntries, 0), Verdict::too_often) << "an older one in its place";
    EXPECT_EQ(take(limit, 1'000, 10 * kRoundTrip), Verdict::too_often);
    EXPECT_EQ(take(limit, 1'000 + kEntries, 0), Verdict::allowed);
    EXPECT_EQ(take(limit, 1'000, 11 * kRoundTrip), Verdict::too_often);
}

TEST(RepeatLimit, GoesOnOverTheWrap) {  // C24
    RepeatLimit limit;
    EXPECT_EQ(take(limit, 65'535, 0), Verdict::allowed);
    EXPECT_EQ(take(limit, 127, 0), Verdict::allowed) << "128 further on";
    EXPECT_EQ(take(limit, 65'535, kRoundTrip), Verdict::too_often);
}

TEST(RepeatLimit, TheSameNumberAWholeRangeLaterIsAnotherPacket) {
    RepeatLimit limit;
    for (int i = 0; i < 3; ++i) take(limit, 9, i * kRoundTrip);
    EXPECT_EQ(take(limit, 9, 4 * kRoundTrip), Verdict::too_often);
    EXPECT_EQ(take(limit, 9, 2 * kRoundTrip + RepeatLimit::kForgetUs), Verdict::allowed);
}

TEST(RepeatLimit, NoneAtAll) {
    RepeatLimit limit;
    EXPECT_EQ(limit.take({1}, 0, kRoundTrip, 0), Verdict::too_often);
}

}  // namespace
}  // namespace strata::relay::repeat_limit_test

#include "dataplane/worker/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace strata::dataplane {
namespace {

TEST(TimerWheel, RunsInOrderAndNeverEarly) {
    TimerWheel wheel(0);
    Timer late, early, tie;
    wheel.arm(late, 50'000);
    wheel.arm(early, 10'000);
    wheel.arm(tie, 10'000);
    EXPECT_EQ(wheel.pop_due(9'999), nullptr);
    EXPECT_EQ(wheel.next_due(-1), 10'000);
    EXPECT_EQ(wheel.pop_due(10'000), &early);
    EXPECT_EQ(wheel.pop_due(10'000), &tie);
    EXPECT_EQ(wheel.pop_due(10'000), nullptr);
    EXPECT_EQ(wheel.pop_due(60'000), &late);
    EXPECT_EQ(wheel.armed(), 0u);
    EXPECT_EQ(wheel.next_due(-1), -1);
}

TEST(TimerWheel, ThePastIsNowAndTheFarFutureIsBounded) {
    TimerWheel wheel(1'000'000);
    Timer past, far;
    wheel.arm(past, 3);
    EXPECT_EQ(wheel.pop_due(1'000'000), &past);
    wheel.arm(far, 1'000'000'000);
    EXPECT_LE(wheel.next_due(0), 1'000'000 + TimerWheel::kMaxDelayUs + TimerWheel::kSlotUs);
}

TEST(TimerWheel, RandomTimersFireOnceWithinASlotOfTheirTime) {
    TimerWheel wheel(0);
    std::vector<Timer> timers(200);
    std::vector<relay::TimeUs> wanted(timers.size(), -1);
    std::mt19937 random(7);
    relay::TimeUs now = 0;
    for (int i = 0; i < 50'000; ++i) {
        const std::size_t n = random() % timers.size();
        if (random() % 4 == 0) {
            wheel.disarm(timers[n]);
            wanted[n] = -1;
        } else {
            wanted[n] = now + static_cast<relay::TimeUs>(random() % 3'000'000);
            wheel.arm(timers[n], wanted[n]);
        }
        now += static_cast<relay::TimeUs>(random() % 5'000);
        while (const Timer* fired = wheel.pop_due(now)) {
            const auto index = static_cast<std::size_t>(fired - timers.data());
            ASSERT_GE(wanted[index], 0);
            ASSERT_LE(wanted[index], now);
            wanted[index] = -1;
        }
        for (std::size_t t = 0; t < timers.size(); ++t)
            ASSERT_TRUE(wanted[t] == -1 || wanted[t] + TimerWheel::kSlotUs > now);
    }
    const auto left = std::count_if(wanted.begin(), wanted.end(), [](auto w) { return w != -1; });
    EXPECT_EQ(wheel.armed(), static_cast<std::size_t>(left));
}

}  // namespace
}  // namespace strata::dataplane

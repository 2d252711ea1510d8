#include "dataplane/turn_statistics.h"

#include <gtest/gtest.h>

#include <memory>

namespace strata::dataplane {
namespace {

using api::WorkerCounter;

class TurnStatisticsTest : public testing::Test {
  protected:
    // From `begin` to `end`, in nanoseconds: a cycle is one here.
    void turn(std::uint64_t begin, std::uint64_t end, const Worker::Turn& turn = {}) {
        statistics_.turned({.begin_tsc = begin,
                            .end_tsc = end,
                            .begin_us = static_cast<relay::TimeUs>(begin / 1000)},
                           turn);
    }
    std::uint64_t count(WorkerCounter counter) { return (*block_)[counter].get(); }

    std::unique_ptr<api::WorkerBlock> block_ = std::make_unique<api::WorkerBlock>();
    TurnStatistics statistics_{*block_, 1'000'000'000};
};

TEST_F(TurnStatisticsTest, CyclesOfBusyTurnsIdleTurnsAndSleepsAreApart) {
    turn(1'000, 1'400, {.received = 3});
    turn(1'410, 1'450);
    turn(1'460, 1'560, {.timers = 1});
    turn(1'570, 1'630, {.commands = 1});
    statistics_.slept(10'000);
    EXPECT_EQ(count(WorkerCounter::busy_cycles), 560u);
    EXPECT_EQ(count(WorkerCounter::idle_cycles), 40u);
    EXPECT_EQ(count(WorkerCounter::sleep_cycles), 10'000u);
    EXPECT_EQ(count(WorkerCounter::sleeps), 1u);
    EXPECT_EQ(count(WorkerCounter::turn_ns_max), 400u);
    EXPECT_EQ(block_->turn_ns[api::histogram_bucket(400)].get(), 1u);
    EXPECT_EQ(block_->turn_ns[api::histogram_bucket(40)].get(), 0u);  // idle
    EXPECT_TRUE(block_->turn_log.read().empty());
}

TEST_F(TurnStatisticsTest, LongTurnsAreRecordedWithWhatTheyDid) {
    (*block_)[WorkerCounter::sent].set(100);
    turn(1'000, 2'000);
    (*block_)[WorkerCounter::sent].set(142);
    turn(5'000, 1'505'000, {.received = 7, .timers = 2, .commands = 1});
    EXPECT_EQ(count(WorkerCounter::turn_overruns), 1u);
    EXPECT_EQ(count(WorkerCounter::turn_ns_max), 1'500'000u);
    const auto log = block_->turn_log.read();
    ASSERT_EQ(log.size(), 1u);
    EXPECT_EQ(log[0].number, 1u);
    EXPECT_EQ(log[0].begin_us, 5u);
    EXPECT_EQ(log[0].begin_tsc, 5'000u);
    EXPECT_EQ(log[0].duration_ns, 1'500'000u);
    EXPECT_EQ(log[0].gap_ns, 3'000u);
    EXPECT_EQ(log[0].received, 7u);
    EXPECT_EQ(log[0].sent, 42u);
    EXPECT_EQ(log[0].timers, 2u);
    EXPECT_EQ(log[0].commands, 1u);
}

TEST_F(TurnStatisticsTest, APreemptedTurnIsCountedAndALongPreemptionRecorded) {
    turn(1'000, 2'000);
    turn(62'000, 63'000);        // 60 µs later
    turn(3'063'000, 3'064'000);  // 3 ms later
    EXPECT_EQ(count(WorkerCounter::preemptions), 2u);
    EXPECT_EQ(count(WorkerCounter::preempted_us), 3'060u);
    const auto log = block_->turn_log.read();
    ASSERT_EQ(log.size(), 1u);
    EXPECT_EQ(log[0].gap_ns, 3'000'000u);
    EXPECT_EQ(log[0].duration_ns, 1'000u);
}

TEST_F(TurnStatisticsTest, ASleepIsNoPreemption) {
    turn(1'000, 2'000);
    statistics_.slept(9'000'000);
    turn(9'002'000, 9'003'000);
    EXPECT_EQ(count(WorkerCounter::preemptions), 0u);
    EXPECT_TRUE(block_->turn_log.read().empty());
}

}  // namespace
}  // namespace strata::dataplane

#include "dataplane/worker_loop.h"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/hand_fed_port.h"
#include "tests/unit/dataplane/running_loop.h"

namespace strata::dataplane {
namespace {

using api::WorkerCounter;

constexpr relay::TimeUs kHourUs = 3'600'000'000;

// As an idle loop that nothing but an event ends.
constexpr WorkerLoopConfig kWaiting{.longest_wait_us = kHourUs};

TEST(WorkerLoop, APacketEndsAWait) {
    HandFedPort port(true);
    RunningLoop running(port, kWaiting);
    for (std::uint64_t packets = 1; packets <= 3; ++packets) {
        port.give(1);
        EXPECT_TRUE(running.reaches(WorkerCounter::rx_packets, packets));
    }
    EXPECT_TRUE(running.reaches(WorkerCounter::sleeps, 1));
    EXPECT_GT(running[WorkerCounter::sleep_cycles], 0u);
}

TEST(WorkerLoop, ACommandEndsAWait) {
    HandFedPort port(true);
    RunningLoop running(port, kWaiting);
    port.give(1);
    EXPECT_TRUE(running.reaches(WorkerCounter::turns_idle, 64));  // from now on it waits
    Transport nobody;
    running.worker().submit({.kind = Command::Kind::add_transport, .transport = &nobody});
    running.loop().wake();
    EXPECT_TRUE(running.reaches(WorkerCounter::commands, 1));
    running.worker().submit({.kind = Command::Kind::remove_transport, .transport = &nobody});
    running.loop().wake();
    EXPECT_TRUE(running.reaches(WorkerCounter::commands, 2));
}

TEST(WorkerLoop, StopEndsAWait) {
    HandFedPort port(true);
    RunningLoop running(port, kWaiting);
    EXPECT_TRUE(running.reaches(WorkerCounter::turns_idle, 64));
}

TEST(WorkerLoop, APortThatCannotBeWaitedForIsLookedAtAgain) {
    HandFedPort port(false);
    RunningLoop running(port, {.idle_sleep_max_us = 100, .longest_wait_us = kHourUs});
    EXPECT_TRUE(running.reaches(WorkerCounter::sleeps, 5));
    port.give(40);
    EXPECT_TRUE(running.reaches(WorkerCounter::rx_packets, 40));
}

TEST(WorkerLoop, PortsThatCannotBeWaitedForAreNamed) {
    HandFedPort first(true), second(false);
    const std::array<Port*, 2> ports{&first, &second};
    EXPECT_EQ(ports_without_wake(ports, 0), "hand-fed");
    EXPECT_EQ(ports_without_wake(std::span(ports).first(1), 0), "");
}

TEST(WorkerLoop, BusyNeverSleeps) {
    HandFedPort port(true);
    RunningLoop running(port, {.idle = api::IdlePolicy::kBusy});
    EXPECT_TRUE(running.reaches(WorkerCounter::turns_idle, 10'000));
    port.give(40);
    EXPECT_TRUE(running.reaches(WorkerCounter::rx_packets, 40));
    EXPECT_EQ(running[WorkerCounter::sleeps], 0u);
}

TEST(WorkerLoop, TurnsAreCounted) {
    HandFedPort port(true);
    RunningLoop running(port, {});
    port.give(100);
    EXPECT_TRUE(running.reaches(WorkerCounter::rx_packets, 100));
    EXPECT_TRUE(running.reaches(WorkerCounter::busy_cycles, 1));
    EXPECT_GE(running[WorkerCounter::turns_busy], 4u);  // at most 32 packets each
    EXPECT_GT(running[WorkerCounter::turn_ns_max], 0u);
}

}  // namespace
}  // namespace strata::dataplane

#include "dataplane/worker_loop.h"

#include <gtest/gtest.h>

#include "dataplane/server/object_builder.h"
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

TEST(WorkerLoop, WherePacketsAreFarApartItLooksOutForThemLess) {
    HandFedPort port(true);
    RunningLoop running(port, kWaiting);
    std::uint64_t packets = 0;
    const auto give_some = [&](int n) {
        for (int i = 0; i < n; ++i) {
            port.give(1);
            EXPECT_TRUE(running.reaches(WorkerCounter::rx_packets, ++packets));
            std::this_thread::sleep_for(std::chrono::milliseconds(3));
        }
    };
    give_some(10);
    const std::uint64_t before = running[WorkerCounter::turns_idle];
    give_some(10);
    EXPECT_LT(running[WorkerCounter::turns_idle] - before, 10u * 16) << "64 each at the beginning";
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

TEST(WorkerLoop, WhatAnotherWorkerHandsOverEndsAWait) {
    HandFedPort port(true);
    TestPools pools;
    ASSERT_TRUE(port.start(*pools));
    const std::array<Port*, 1> ports{&port};
    auto statistics = api::StatisticsSegment::create("", {.workers = 2}).value();
    Worker waiting({.id = 0}, ports, *pools, statistics.worker(0), 0);
    Worker giving({.id = 1}, ports, *pools, statistics.worker(1), 0);
    const std::array<Worker*, 2> both{&waiting, &giving};
    Worker::connect(both);
    WorkerLoop loop(waiting, ports, kWaiting, statistics.worker(0));
    std::thread thread([&] { loop.run(); });
    const auto reaches = [&](WorkerCounter counter, std::uint64_t value) {
        for (int i = 0; i < 20'000 && statistics.worker(0)[counter].get() < value; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return statistics.worker(0)[counter].get() >= value;
    };
    EXPECT_TRUE(reaches(WorkerCounter::turns_idle, 64));  // from now on it waits
    api::Track spec;
    spec.set_id(1);
    spec.set_codec("opus");
    spec.add_encodings()->set_ssrc(5);
    Transport publisher;
    SharedParsers parsers;
    const auto track = build_track(spec, publisher, {}, parsers);
    ASSERT_TRUE(track);
    (*track)->branches.reserve(1);
    for (std::uint64_t times = 1; times <= 3; ++times) {
        // Its clocks are handed over.
        giving.submit({.kind = Command::Kind::open_branch,
                       .track = track->get(),
                       .place = {.worker = 0, .index = 0, .generation = 1}});
        giving.submit({.kind = Command::Kind::close_branch,
                       .track = track->get(),
                       .place = {.worker = 0, .index = 0, .generation = 1}});
        giving.turn(static_cast<relay::TimeUs>(times), 32);
        EXPECT_TRUE(reaches(WorkerCounter::turns_busy, times));
    }
    loop.stop();
    thread.join();
}

TEST(WorkerLoop, StopEndsAWait) {
    HandFedPort port(true);
    RunningLoop running(port, kWaiting);
    EXPECT_TRUE(running.reaches(WorkerCounter::turns_idle, 64));
}

TEST(WorkerLoop, APortWithWorkOfItsOwnIsLookedAfterInTime) {
    HandFedPort port(true, 1'000);
    RunningLoop running(port, kWaiting);
    EXPECT_TRUE(running.reaches(WorkerCounter::sleeps, 20));
    EXPECT_GT(port.slow_polls(), 20u);
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
    EXPECT_TRUE(running.reaches(WorkerCounter::turns_busy, 4));   // at most 32 packets each
    EXPECT_TRUE(running.reaches(WorkerCounter::busy_cycles, 1));  // counted after its turn
    EXPECT_TRUE(running.reaches(WorkerCounter::turn_ns_max, 1));
}

}  // namespace
}  // namespace strata::dataplane

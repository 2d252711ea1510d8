#include "bench/generator/throughput/load.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "bench/generator/throughput/stage.h"
#include "source_folders.h"
#include "tests/unit/gen/throughput/fake_relay.h"

namespace strata::gen {
namespace {

struct Scene {
    Scene() {
        setenv("STRATA_GEN_PROFILES", STRATA_PROFILES, 1);
        StageConfig config;
        config.preset = parse_preset(R"({"scale": "r", "members": [
            {"name": "s", "publish": ["vp9-l3t3"]},
            {"name": "r", "count": 3, "receive": [{"kind": "video", "layers": ["S2T2", "S0T1"]}]}]})"_json,
                                     "scene");
        stage.emplace(config, relay, load, relay);
        stage->set_units(3);
    }
    FakeRelay relay;
    Load load{relay};
    std::optional<Stage> stage;
};

TEST(Load, ACleanRelayLosesNothing) {
    Scene scene;
    const LoadTrial trial = scene.load.measure(2, 0.5);
    EXPECT_GT(trial.expected, 100u);
    EXPECT_EQ(trial.lost, 0u);
    EXPECT_EQ(trial.counts.faults(), 0u);
    EXPECT_EQ(trial.stray, 0u);
    EXPECT_EQ(trial.loss_ratio(), 0);
    EXPECT_GT(trial.sent_pps, 100);
    EXPECT_EQ(trial.latency.count(), trial.expected);
}

TEST(Load, WhatIsLostIsCounted) {
    Scene scene;
    int packet = 0;
    std::uint64_t dropped = 0;
    scene.relay.forwards = [&] {
        const bool forward = ++packet % 10 != 0;
        dropped += forward ? 0 : 1;
        return forward;
    };
    const LoadTrial trial = scene.load.measure(1, 0.5);
    EXPECT_GT(trial.lost, 5u);
    EXPECT_LE(trial.lost, dropped);
    EXPECT_NEAR(trial.loss_ratio(), 0.1, 0.03);
}

TEST(Load, NothingForwardedIsAllLost) {
    Scene scene;
    scene.relay.forwards = [] { return false; };
    const LoadTrial trial = scene.load.measure(1, 0.5);
    EXPECT_EQ(trial.lost, trial.expected);
    EXPECT_EQ(trial.loss_ratio(), 1) << "gaps in numbers alone would show nothing";
}

TEST(Load, ATrialLastsUntilThereIsEnoughToJudgeBy) {
    Scene scene;
    const LoadTrial trial = scene.load.measure(0.5, 0.02);
    EXPECT_EQ(trial.asked_s, 0.02);
    EXPECT_GE(trial.sent, 30u);
    EXPECT_GT(trial.duration_s, 0.1);
    EXPECT_GT(trial.expected, 0u);
    EXPECT_FALSE(trial.generator_limited());
}

TEST(ThreadTime, CountsWhatOthersHad) {
    cpu_set_t before, one;
    ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    std::atomic<bool> done = false;
    std::thread other([&] {  // has the affinity of who made it
        while (!done) {
        }
    });
    const ThreadTime start = thread_time();
    const auto used = [&] { return thread_time().ran_us - start.ran_us; };
    while (used() < 100'000) {
    }
    const std::int64_t waited_us = thread_time().waited_us - start.waited_us;
    done = true;
    other.join();
    sched_setaffinity(0, sizeof before, &before);
    if (access("/proc/thread-self/schedstat", R_OK) != 0)
        GTEST_SKIP() << "this kernel has no schedstat";
    EXPECT_GT(waited_us, 20'000);
}

TEST(LoadTrial, TellsItsOwnFaultsFromTheRelays) {
    LoadTrial trial;
    EXPECT_TRUE(trial.generator_limited()) << "nothing was tried";
    trial.sent = trial.expected = 10'000;
    trial.busy_share = 0.99;
    EXPECT_FALSE(trial.generator_limited()) << "busy, and nothing is wrong";
    trial.lost = 1;
    EXPECT_TRUE(trial.generator_limited()) << "busy, and nobody knows whose loss it is";
    trial.busy_share = 0.5;
    EXPECT_FALSE(trial.generator_limited());
    trial.starved_share = 0.48;
    EXPECT_TRUE(trial.generator_limited()) << "it wasn't let run";
    trial.starved_share = 0.1;
    EXPECT_FALSE(trial.generator_limited());
    trial.late_packets = 150;
    EXPECT_FALSE(trial.generator_limited());
    trial.late_packets = 250;
    EXPECT_TRUE(trial.generator_limited());
    trial.late_packets = 0;
    trial.receive_dropped = 1;
    EXPECT_TRUE(trial.generator_limited());
}

}  // namespace
}  // namespace strata::gen

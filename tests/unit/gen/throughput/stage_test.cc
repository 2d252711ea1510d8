#include "bench/generator/throughput/stage.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "source_folders.h"
#include "tests/unit/gen/throughput/fake_relay.h"

namespace strata::gen {
namespace {

StageConfig small_stage() {
    setenv("STRATA_GEN_PROFILES", STRATA_PROFILES, 1);
    StageConfig config;
    config.preset = parse_preset(R"({"scale": "listener", "members": [
        {"name": "speaker", "publish": ["vp9-l3t3", "opus"]},
        {"name": "listener", "count": 3, "receive": [
            {"kind": "video", "layers": ["S0T0", "S2T2"]}, {"kind": "audio"}]}]})"_json,
                                 "small");
    return config;
}

TEST(Stage, BuildsGrowsShrinksAndCleansUp) {
    FakeRelay relay;
    Load load(relay);
    {
        Stage stage(small_stage(), relay, load, relay);
        stage.set_units(3);
        EXPECT_EQ(relay.rooms.size(), 1u);
        EXPECT_EQ(relay.participants.size(), 4u);
        EXPECT_EQ(load.publisher_count(), 2u);
        EXPECT_EQ(load.flow_count(), 6u);
        EXPECT_EQ(load.silent_flows(), 0u);
        stage.set_units(5);
        EXPECT_EQ(relay.subscriptions.size(), 10u);
        stage.set_units(1);
        EXPECT_EQ(relay.subscriptions.size(), 2u);
        EXPECT_EQ(load.flow_count(), 2u);
        EXPECT_EQ(stage.receivers(), 1u);
    }
    EXPECT_TRUE(relay.rooms.empty());
}

TEST(Stage, RoomsOfMeetings) {
    FakeRelay relay;
    Load load(relay);
    StageConfig config = small_stage();
    config.preset = parse_preset(R"({"members": [
        {"name": "m", "count": 4, "publish": ["opus"], "receive": [{"kind": "audio", "count": 2}]}]})"_json,
                                 "meeting");
    Stage stage(config, relay, load, relay);
    stage.set_units(2);
    EXPECT_EQ(relay.rooms.size(), 2u);
    EXPECT_EQ(load.flow_count(), 16u);
    stage.set_units(1);
    EXPECT_EQ(relay.rooms.size(), 1u);
    EXPECT_EQ(load.publisher_count(), 4u);
}

TEST(Stage, TellsWhenNothingComes) {
    FakeRelay relay;
    relay.rooms.insert("bench-1");
    Load load(relay);
    Stage stage(small_stage(), relay, load, relay);
    EXPECT_THROW(stage.set_units(1), ApiError);
}

TEST(Stage, ChurnIsRightAllTheTime) {
    FakeRelay relay;
    Load load(relay);
    StageConfig config = small_stage();
    config.preset.churn = {20, 40};
    Stage stage(config, relay, load, relay);
    stage.set_units(4);
    stage.set_churn(true);
    const LoadTrial trial = load.measure(1, 1.5);
    EXPECT_EQ(trial.counts.faults(), 0u);
    EXPECT_EQ(trial.lost, 0u);
    EXPECT_GT(trial.expected, 100u);
    EXPECT_GE(stage.joined(), 3u);
    EXPECT_GE(stage.left(), 3u);
    EXPECT_GE(stage.layer_changes(), 3u);
    EXPECT_GE(relay.layer_changes, stage.layer_changes());
}

TEST(Stage, HostilePacketsGoBeside) {
    FakeRelay relay;
    Load load(relay);
    StageConfig config = small_stage();
    config.preset.hostile_packets_per_s = 500;
    Stage stage(config, relay, load, relay);
    stage.set_units(2);
    const LoadTrial trial = load.measure(1, 0.5);
    EXPECT_GT(relay.hostile, 50u);
    EXPECT_EQ(trial.counts.faults(), 0u);
}

}  // namespace
}  // namespace strata::gen

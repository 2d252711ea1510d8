#include "control/observe/observations.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "tests/unit/control/node/fixture.h"

namespace strata::control {
namespace {

// A node with a data plane whose log is written here.
struct ObservationsTest : ::testing::Test {
    ObservationsTest() {
        f.config.limits.captures = 2;
        f.config.limits.capture_packets = 1'000;
        f.config.limits.capture_s = 60;
        f.dataplane.observation_segment = name;
        f.restart();
        f.connect();
    }
    Observations& all() { return f.node->observations(); }
    Observations::Observation& start(ObservationSpec spec = {}) {
        const auto begun = all().start(std::move(spec));
        EXPECT_TRUE(begun) << begun.error().detail;
        return **all().find((*begun)->id);
    }
    void apply() { segment.header().applied.set(f.dataplane.observations.generation()); }
    void write(std::uint64_t id, std::int64_t at_us, std::size_t worker = 0,
               std::uint16_t bytes = 8) {
        api::ObservedHead head;
        head.observation = id;
        head.at_us = at_us;
        head.captured_bytes = bytes;
        std::vector<std::uint64_t> record((sizeof head + bytes + 7u) / 8);
        head.words = static_cast<std::uint32_t>(record.size());
        std::memcpy(record.data(), &head, sizeof head);
        logs[worker].append(record);
        logs[worker].publish();
    }

    std::string name = "/strata-observations-test-" + std::to_string(getpid());
    api::ObservationSegment segment =
        api::ObservationSegment::create(name, {.workers = 2, .log_bytes = 1}).value();
    std::vector<api::ObservationLog> logs = {segment.log(0), segment.log(1)};
    NodeFixture f;
};

TEST_F(ObservationsTest, TheDataPlaneIsToldAndRecordsComeInTheOrderOfTime) {
    auto& capture = start({.room = "demo", .participant = ParticipantId{4}, .sample = 5});
    ASSERT_EQ(f.dataplane.observations.items_size(), 1);
    const api::Observation& said = f.dataplane.observations.items(0);
    EXPECT_EQ(said.id(), capture.id);
    EXPECT_EQ(said.room(), "demo");
    EXPECT_EQ(said.transport(), 4u);
    EXPECT_EQ(said.sample(), 5u);
    EXPECT_EQ(said.packets(), 1'000u);  // the limit
    EXPECT_EQ(said.duration_us(), 60'000'000u);
    EXPECT_TRUE(all().read(capture).empty());
    EXPECT_EQ(capture.state, ObservationState::starting);
    apply();
    write(capture.id, 30);
    write(capture.id, 50);
    write(capture.id + 1, 35);  // somebody else's
    write(capture.id, 40, 1);
    const auto packets = all().read(capture);
    EXPECT_EQ(capture.state, ObservationState::active);
    ASSERT_EQ(packets.size(), 3u);
    EXPECT_EQ(packets[0].head.at_us, 30);
    EXPECT_EQ(packets[1].head.at_us, 40);
    EXPECT_EQ(packets[1].worker, 1u);
    EXPECT_EQ(packets[2].head.at_us, 50);
    EXPECT_EQ(capture.packets, 3u);
    EXPECT_EQ(capture.bytes, 24u);
    EXPECT_EQ(capture.lost, 0u);
}

TEST_F(ObservationsTest, ItEndsWithThePacketsAskedForOfAllWorkersTogether) {
    auto& capture = start({.packets = 3});
    apply();
    for (std::int64_t i = 0; i < 3; ++i) write(capture.id, i, 0), write(capture.id, i, 1);
    EXPECT_EQ(all().read(capture).size(), 3u);
    EXPECT_EQ(capture.state, ObservationState::done);
    EXPECT_EQ(capture.why_done, "packets");
    EXPECT_EQ(f.dataplane.observations.items_size(), 0);
    EXPECT_TRUE(all().read(capture).empty());
    ASSERT_TRUE(all().end(capture.id));
}

TEST_F(ObservationsTest, ItEndsBeforeTheBytesAreExceeded) {
    auto& capture = start({.bytes = 20});
    apply();
    for (std::int64_t i = 0; i < 3; ++i) write(capture.id, i);
    EXPECT_EQ(all().read(capture).size(), 2u);
    EXPECT_EQ(capture.why_done, "bytes");
}

TEST_F(ObservationsTest, WhatWasOverwrittenIsCounted) {
    auto& capture = start();
    apply();
    for (std::int64_t i = 0; i < 2'000; ++i) write(capture.id, i);
    all().read(capture);
    write(capture.id, 2'000);
    const auto packets = all().read(capture);
    ASSERT_EQ(packets.size(), 1u);
    EXPECT_EQ(packets[0].lost_before, 2'000u);
    EXPECT_EQ(capture.lost, 2'000u);
}

TEST_F(ObservationsTest, LimitsRefuseAndCount) {
    EXPECT_EQ(all().start({.packets = 1'001}).error().code, ErrorCode::limit_reached);
    EXPECT_EQ(all().start({.seconds = 61}).error().object, "seconds");
    EXPECT_EQ(f.node->limits().hits(Limit::capture_packets), 1u);
    EXPECT_EQ(f.node->limits().hits(Limit::capture_s), 1u);
    const std::uint64_t first = start().id;
    start();
    EXPECT_EQ(all().start({}).error().code, ErrorCode::limit_reached);
    EXPECT_EQ(f.node->limits().hits(Limit::captures), 1u);
    ASSERT_TRUE(all().end(first));
    EXPECT_FALSE(all().end(first));
    start();
    ASSERT_EQ(f.dataplane.observations.items_size(), 2);
    EXPECT_NE(f.dataplane.observations.items(0).slot(), f.dataplane.observations.items(1).slot());
}

TEST_F(ObservationsTest, WithoutADataPlaneThereIsNothingToLookAt) {
    f.node->session().disconnect("gone");
    EXPECT_EQ(all().start({}).error().code, ErrorCode::dataplane_unavailable);
    f.dataplane.observation_segment = "";
    f.connect();
    EXPECT_EQ(all().start({}).error().code, ErrorCode::dataplane_unavailable);
}

TEST_F(ObservationsTest, ItEndsWithTheLinkToTheDataPlane) {
    auto& capture = start();
    apply();
    f.node->session().disconnect("gone");
    f.connect();
    all().read(capture);
    EXPECT_EQ(capture.state, ObservationState::done);
    EXPECT_EQ(capture.why_done, "the data plane, or the link to it, was lost");
}

}  // namespace
}  // namespace strata::control

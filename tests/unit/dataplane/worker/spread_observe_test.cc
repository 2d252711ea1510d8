// Captures of a room whose receivers are on two workers.
#include <gtest/gtest.h>

#include "dataplane/api/observation_log.h"
#include "tests/unit/dataplane/worker/observations.h"
#include "tests/unit/dataplane/worker/spread_fixture.h"

namespace strata::dataplane::spread_observe_test {
namespace {

using api::ObservedDirection;

constexpr std::uint32_t kSsrc = 1111;
constexpr std::uint8_t kPublisher = 2, kAtHome = 11, kAway = 12;
constexpr std::uint64_t kPublisherId = 1, kTrackId = 2, kAwayId = 5;

// Outlives the workers.
struct Logs {
    api::ObservationSegment segment =
        api::ObservationSegment::create("",
                                        {.workers = SpreadRelay::kWorkers, .log_bytes = 1 << 20})
            .value();
    std::array<api::ObservationLog, SpreadRelay::kWorkers> logs{segment.log(0), segment.log(1)};
    api::ObservationReader reader = api::ObservationReader::of(segment).value();
};

// Publisher 10.0.0.2 of audio on worker 0; receivers 10.0.0.11 there and 10.0.0.12 on worker 1.
struct SpreadRoom : Logs, SpreadRelay {
    SpreadRoom() {
        state->keep_observations({&logs[0], &logs[1]});
        in_room(kPublisherId, kPublisher, 0);
        EXPECT_EQ(track(kTrackId, kPublisherId, "opus", {kSsrc}), "");
        in_room(3, kAtHome, 0);
        EXPECT_EQ(subscription(4, kTrackId, 3, 7000), "");
        in_room(kAwayId, kAway, 1);
        EXPECT_EQ(subscription(6, kTrackId, kAwayId, 7000), "");
    }
    void in_room(std::uint64_t id, std::uint8_t last_byte, std::uint32_t worker) {
        EXPECT_EQ(put(transport_in_room(id, last_byte, "demo", worker)), "");
    }
    api::Observation& add() {
        api::Observation& o = add_observation(wanted);
        o.set_room("demo");
        return o;
    }
    void observe() {
        state->observe(wanted);
        turn();
    }
    void send(std::uint16_t first, std::uint16_t last) {
        for (std::uint16_t n = first; n <= last; ++n)
            receive(kPublisher, rtp({.ssrc = kSsrc, .sequence = n, .timestamp = n * 960u}));
    }
    // Records of media of `worker` in this direction, all to or from `last_byte`.
    std::size_t records(std::uint32_t worker, ObservedDirection direction, std::uint8_t last_byte) {
        std::size_t count = 0;
        for (const api::ObservedHead& head : read(worker))
            if (head.direction == direction && head.packet_class == api::ObservedClass::rtp) {
                EXPECT_EQ(head.remote[15], last_byte);
                ++count;
            }
        return count;
    }
    const std::vector<api::ObservedHead>& read(std::uint32_t worker) {
        while (const api::ObservedHead* head = reader.next(worker)) seen[worker].push_back(*head);
        return seen[worker];
    }

    api::Observations wanted;
    std::array<std::vector<api::ObservedHead>, kWorkers> seen;
};

TEST(SpreadCapture, OfARoomSeesEachPacketWhereItIsReceivedAndWhereItIsSent) {
    SpreadRoom room;
    room.add();
    room.observe();
    room.send(1, 10);
    EXPECT_EQ(room.records(0, ObservedDirection::in, kPublisher), 10u);
    EXPECT_EQ(room.records(0, ObservedDirection::out, kAtHome), 10u);
    EXPECT_EQ(room.records(1, ObservedDirection::in, kPublisher), 0u) << "it came in once";
    EXPECT_EQ(room.records(1, ObservedDirection::out, kAway), 10u);
    room.expect_equations();
}

TEST(SpreadCapture, OfAReceiverElsewhereSeesWhatThatOneIsSent) {
    SpreadRoom room;
    room.add().set_transport(kAwayId);
    room.observe();
    room.send(1, 10);
    EXPECT_TRUE(room.read(0).empty());
    EXPECT_EQ(room.records(1, ObservedDirection::out, kAway), 10u);
}

TEST(SpreadCapture, EndsOnBothWorkers) {
    SpreadRoom room;
    room.add();
    room.observe();
    room.send(1, 5);
    room.wanted.clear_items();
    room.observe();
    room.send(6, 10);
    EXPECT_EQ(room.records(0, ObservedDirection::out, kAtHome), 5u);
    EXPECT_EQ(room.records(1, ObservedDirection::out, kAway), 5u);
    EXPECT_EQ(room.media_to(kAway).size(), 10u);
}

}  // namespace
}  // namespace strata::dataplane::spread_observe_test

#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/api/observation_log.h"
#include "tests/unit/dataplane/worker/observations.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane {

// A record and what follows its head.
struct Seen {
    api::ObservedHead head;
    std::vector<std::uint8_t> tail;
    bool dropped_for(api::RxDrop reason) const {
        return head.fate.fate == api::ObservedFate::dropped &&
               head.fate.reason == static_cast<std::uint8_t>(reason);
    }
    Packet bytes() const { return {tail.begin(), tail.begin() + head.captured_bytes}; }
};

// Outlives the worker.
struct Logs {
    api::ObservationSegment segment =
        api::ObservationSegment::create("", {.workers = 1, .log_bytes = 1 << 20}).value();
    api::ObservationLog log = segment.log(0);
    api::ObservationReader reader = api::ObservationReader::of(segment).value();
};

// A relay that can be looked at.
struct ObservedRelay : Logs, Relay {
    static constexpr std::uint32_t kSsrc = 1111;  // of the audio track

    explicit ObservedRelay(const WorkerConfig& config = {}) : Relay(config) {
        state->keep_observations({&log});
    }

    // Publisher 10.0.0.2 (transport 1, room "demo") with an audio track 2; receivers 10.0.0.11 and
    // up are transports 100, 102, … with subscriptions 101, 103, ….
    void audio_room(int receivers) {
        in_room(1, 2, "demo");
        ASSERT_EQ(track(2, 1, "opus", {kSsrc}), "");
        for (int i = 0; i < receivers; ++i) {
            const auto id = static_cast<std::uint64_t>(100 + 2 * i);
            in_room(id, static_cast<std::uint8_t>(11 + i), "demo");
            ASSERT_EQ(subscription(id + 1, 2, id, 7000 + static_cast<std::uint32_t>(i)), "");
        }
    }
    void in_room(std::uint64_t id, std::uint8_t last_byte, const char* room) {
        ASSERT_EQ(put(transport_in_room(id, last_byte, room)), "");
    }

    api::Observation& add() { return add_observation(wanted); }
    void observe() {
        state->observe(wanted);
        turn();
    }
    void send(std::uint16_t sequence) {
        receive(Relay::peer(2), rtp({.ssrc = kSsrc,
                                     .sequence = sequence,
                                     .timestamp = sequence * 960u,
                                     .extensions = {{13, "xyz"}}}));
    }
    std::vector<Seen> seen() {
        std::vector<Seen> out;
        while (const api::ObservedHead* head = reader.next(0))
            out.push_back({*head, {reader.tail().begin(), reader.tail().end()}});
        return out;
    }

    api::Observations wanted;
};

}  // namespace strata::dataplane

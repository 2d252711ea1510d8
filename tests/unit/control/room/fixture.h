#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "control/room/directory.h"

// A directory with predictable identifiers, times and SSRCs.
namespace strata::control {

struct DirectoryFixture {
    explicit DirectoryFixture(api::LimitsConfig config = {}, std::uint32_t workers = 2)
        : limits(config),
          directory(limits, workers,
                    {.random = [this] { return random.empty() ? ++next_random : take(); },
                     .unix_ms = [] { return std::int64_t{1'700'000'000'000}; }}) {}

    // Plans, applies, and returns the record that was put last.
    template <typename T>
    Result<T> done(Result<Change> change) {
        if (!change) return std::unexpected(change.error());
        directory.apply(*change);
        return std::get<T>(change->puts.back());
    }
    Room room(std::string name) { return *done<Room>(directory.plan_room({.name = name})); }
    Participant participant(std::string_view room, std::string name = {}) {
        return *done<Participant>(directory.plan_participant(room, {.name = name}));
    }
    Result<Track> track(ParticipantId id, std::uint32_t ssrc) {
        TrackSpec spec{.codec = "VP9", .payload_type = 98};
        spec.encodings = {Encoding{.ssrc = ssrc}};
        return done<Track>(directory.plan_track(id, spec));
    }
    Result<Subscription> subscription(ParticipantId id, TrackId track, SubscriptionSpec spec = {}) {
        spec.track = id_text(track);
        return done<Subscription>(directory.plan_subscription(id, spec));
    }

    std::uint32_t take() {
        const std::uint32_t value = random.front();
        random.erase(random.begin());
        return value;
    }

    std::vector<std::uint32_t> random;
    std::uint32_t next_random = 1'000'000;
    Limits limits;
    Directory directory;
};

}  // namespace strata::control

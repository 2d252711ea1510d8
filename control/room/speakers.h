#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "control/room/ids.h"

namespace strata::control {

constexpr std::uint32_t kNeverHeard = std::numeric_limits<std::uint32_t>::max();

// Who speaks in a room, from what the data plane counts of its audio tracks (RFC 6464 levels). The
// order changes only when somebody begins to speak or has been silent for a while, and nobody
// overtakes whoever is speaking: slots that are filled by it don't flap.
class Speakers {
  public:
    using Time = std::chrono::steady_clock::time_point;
    // A pause as between sentences doesn't end what somebody says.
    static constexpr std::chrono::milliseconds kSilence{2'000};
    // So many packets with voice, the next within kGap, are no cough: a fifth of a second of Opus.
    static constexpr std::uint64_t kOnsetPackets = 10;
    static constexpr std::chrono::milliseconds kGap{700};

    struct Count {
        TrackId track;
        std::uint64_t voiced_packets = 0;  // of its data plane, since that began
    };

    // All tracks that can be heard now; others are forgotten. A few times a second. True: the order
    // has changed.
    bool observe(std::span<const Count> tracks, Time now);

    // Those who speak by how long they do, then those who spoke by how short ago; 0: first.
    // kNeverHeard: it hasn't been heard yet.
    std::uint32_t place(TrackId track) const;

  private:
    struct Voice {
        std::uint64_t counted = 0;
        std::uint64_t run_packets = 0;  // without a gap until now
        std::optional<Time> voiced_at;  // last
        std::optional<Time> since;      // it speaks
        std::optional<Time> until;      // it spoke
    };
    static void update(Voice& voice, std::uint64_t voiced_packets, Time now);
    std::vector<TrackId> ordered() const;

    std::map<TrackId, Voice> voices_;
    std::vector<TrackId> order_;
};

}  // namespace strata::control

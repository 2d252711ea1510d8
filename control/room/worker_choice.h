#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace strata::control {

// What was measured of one of the data plane's workers.
struct MeasuredLoad {
    double busy_share = 0;    // 0 to 1
    std::size_t counted = 0;  // rooms and participants on it at that time
};

// The worker that a new room goes to: the one that is the least busy, as was measured; what came or
// went since then counts with what one costs on average. Where several are about as busy, the one
// with the fewest. `counts`: rooms and participants of each worker now; worker w, which belongs to
// one port, is the data plane's worker w % measured.size(). Nothing measured: the one with the
// fewest. `counts` isn't empty.
std::uint32_t quietest_worker(std::span<const std::size_t> counts,
                              std::span<const MeasuredLoad> measured);

// When rooms are spread over workers.
struct SpreadRule {
    // The data plane's workers; a room is spread over those of its port, which have the numbers
    // from `home / cores * cores` on. 0: rooms stay where they are.
    std::uint32_t cores = 0;
    std::size_t participants = 0;  // of a room on one worker, 0: any number
    double busy_share = 1;         // of its home worker, 1: any
};

// The worker that one more participant of a room at `home` goes to. Its home, as long as there is
// room there; then one that has some of the room already, as long as there is room; then the
// quietest, of those where there is room. `in_room`: the room's participants on each worker;
// `counts` and `measured` as above.
std::uint32_t worker_in_room(std::uint32_t home, std::span<const std::size_t> in_room,
                             std::span<const std::size_t> counts,
                             std::span<const MeasuredLoad> measured, const SpreadRule& rule);

}  // namespace strata::control

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

}  // namespace strata::control

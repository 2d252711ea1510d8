#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/worker/worker_config.h"

namespace strata::dataplane {

// What one worker allocates when it is made, by what its configuration says; nothing follows while
// it runs. In bytes.
struct WorkerMemory {
    std::uint64_t tables = 0;   // flows, SSRCs, ICE user fragments, places of tracks
    std::uint64_t history = 0;  // where kept packets lie and how they went out, not their buffers
    std::uint64_t queues = 0;   // to its ports, to and from the main thread and other workers
    std::uint64_t own = 0;      // timers, scratch of a burst, ciphers

    std::uint64_t total() const { return tables + history + queues + own; }
};

// Of one of `workers`, each of which has `ports`.
WorkerMemory worker_memory(const WorkerConfig& config, std::size_t ports, std::size_t workers);

}  // namespace strata::dataplane

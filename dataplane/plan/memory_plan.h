#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/api/config/config.h"
#include "dataplane/api/host_tables.h"
#include "dataplane/worker/worker_config.h"

namespace strata::dataplane {

// What a part of the data plane takes of memory, by the configuration.
struct MemoryPart {
    std::string name;  // "history of 2 workers"
    std::uint64_t bytes = 0;
    std::string note;  // empty, or what of it is worth knowing
};

// What is made at the start: packet buffers, which dataplane.memory_mb is about, workers, shared
// memory. `worker` is the configuration of each.
std::vector<MemoryPart> memory_at_start(const api::Config& config, const WorkerConfig& worker);

// Of each port, in the statistics segment: its neighbours, and the routes of both families.
api::HostTableCapacity host_table_capacity(const api::Config& config);

// What comes with use: the most that the limits allow.
std::vector<MemoryPart> memory_in_use(const api::Config& config);

// "history of 2 workers: 3.5 MiB, note".
std::string text_of(const MemoryPart& part);

}  // namespace strata::dataplane

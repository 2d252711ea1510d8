#pragma once

#include <cstdint>

#include "dataplane/api/config/config.h"

namespace strata::api {

// Packet buffers of the whole process, all workers and ports together.
struct PoolSizes {
    std::uint32_t payload_packets = 0;   // received packets, 2,048 bytes of room each
    std::uint32_t header_packets = 0;    // outgoing headers, 448 bytes of room each
    std::uint32_t indirect_packets = 0;  // references to a payload variant, no room
    std::uint32_t small_packets = 0;     // kept copies of small packets, 256 bytes of room each

    // Memory with mbuf, private area, headroom and pool overhead.
    std::uint64_t memory_bytes() const;
};

// The least that keeps every ring, queue, cache and history of this configuration full at once
// without starving a receive ring.
PoolSizes least_pool_sizes(const Config& config);

// Places of the ring from one worker to another: all rings to a worker together have about
// dataplane.handoff_ring_packets.
std::uint32_t worker_ring_packets(const DataplaneConfig& dataplane);

// Free buffers for received packets below which each worker's history shrinks.
std::uint32_t history_reserve(const Config& config);

// What the data plane makes: the configured numbers, computed where they are 0.
PoolSizes pool_sizes(const Config& config);

}  // namespace strata::api

#pragma once

#include <cstdint>
#include <string>

#include "dataplane/api/config/config.h"

namespace strata::api {

// Packet buffers of the whole process, all workers and ports together.
struct PoolSizes {
    std::uint32_t payload_packets = 0;   // received packets, 2,048 bytes of room each
    std::uint32_t header_packets = 0;    // outgoing headers, 448 bytes of room each
    std::uint32_t indirect_packets = 0;  // references to a payload variant, no room
    std::uint32_t small_packets = 0;     // kept copies of small packets, 256 bytes of room each
    // Whole outgoing packets, 2,048 bytes of room each, where a port sends no chains.
    std::uint32_t linear_packets = 0;
    bool scattered = true;           // over ordinary pages, none of which a buffer crosses
    std::uint64_t device_bytes = 0;  // what drivers and the rings of their ports take beside them

    // What is asked of EAL for them: with mbuf, private area, headroom, pages, caches and rings.
    std::uint64_t memory_bytes() const;
    // The same in whole megabytes, as dataplane.memory_mb counts them.
    std::uint64_t memory_mb() const { return (memory_bytes() >> 20) + 1; }
    // Of these, those of whole packets.
    std::uint64_t linear_mb() const;
};

// The least that keeps every ring, queue, cache and history of this configuration full at once
// without starving a receive ring.
PoolSizes least_pool_sizes(const Config& config);

// Places of the ring from one worker to another: all rings to a worker together have about
// dataplane.handoff_ring_packets.
std::uint32_t worker_ring_packets(const DataplaneConfig& dataplane);

// Free buffers for received packets below which each worker's history shrinks.
std::uint32_t history_reserve(const Config& config);

// What the data plane makes: the configured numbers, computed where they are 0. `linear`: a port
// sends no chains.
PoolSizes pool_sizes(const Config& config, bool linear);
// The same as far as the configuration tells (may_send_no_chains).
PoolSizes pool_sizes(const Config& config);

// Why they don't fit into dataplane.memory_mb, and what to change; empty: they do.
std::string memory_problem(const Config& config, const PoolSizes& sizes);

}  // namespace strata::api

#include "dataplane/api/config/pool_sizes.h"

#include <algorithm>
#include <bit>

namespace strata::api {
namespace {

// Per packet: struct rte_mbuf (128), private area (64), mempool header (64) and the room: 128 bytes
// of headroom and 2,048; 448 for the longest link header, RTP header and extensions.
constexpr std::uint64_t kPayloadBytes = 128 + 64 + 64 + 128 + 2048;
constexpr std::uint64_t kHeaderBytes = 128 + 64 + 64 + 448;
constexpr std::uint64_t kIndirectBytes = 128 + 64 + 64;
constexpr std::uint64_t kSmallBytes = 128 + 64 + 128 + 256;

// net_af_xdp refuses a receive queue whose pool has fewer.
constexpr std::uint64_t kLeastPerReceiveQueue = 2048;

// A cache holds up to one and a half times its nominal size (rte_mempool's flush threshold).
std::uint64_t cached(const DataplaneConfig& dataplane) {
    return std::uint64_t{dataplane.pool_cache_packets} * 3 / 2 * (dataplane.workers + 1);
}

std::uint64_t kept(const DataplaneConfig& dataplane) {
    return std::uint64_t{dataplane.workers} * dataplane.history_packets;
}

// In the rings of a port to one of its workers, each way: of those from the others 64 at least.
std::uint64_t handed_over(const DataplaneConfig& dataplane) {
    constexpr std::uint32_t kLeast = 64;
    return dataplane.workers > 1
               ? std::max(dataplane.handoff_ring_packets, kLeast * (dataplane.workers - 1))
               : 0;
}

// In the rings between workers and the thread that serves TCP connections, each way.
std::uint64_t on_the_way_to_tcp(const DataplaneConfig& dataplane) {
    return dataplane.tcp_listen.empty()
               ? 0
               : std::uint64_t{dataplane.workers} *
                     (dataplane.handoff_ring_packets + dataplane.tx_queue_packets);
}

// In the rings between workers that serve receivers of one another's tracks.
std::uint64_t on_the_way_to_workers(const DataplaneConfig& dataplane) {
    return std::uint64_t{dataplane.workers} * (dataplane.workers - 1) *
           worker_ring_packets(dataplane);
}

std::uint32_t saturated(std::uint64_t packets) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(packets, UINT32_MAX));
}

}  // namespace

std::uint32_t worker_ring_packets(const DataplaneConfig& dataplane) {
    constexpr std::uint32_t kLeast = 64;
    const std::uint32_t others = std::max(dataplane.workers, 2U) - 1;
    return std::bit_ceil(std::max(kLeast, dataplane.handoff_ring_packets / others));
}

std::uint64_t PoolSizes::memory_bytes() const {
    return payload_packets * kPayloadBytes + header_packets * kHeaderBytes +
           indirect_packets * kIndirectBytes + small_packets * kSmallBytes;
}

PoolSizes least_pool_sizes(const Config& config) {
    const DataplaneConfig& dataplane = config.dataplane;
    const std::uint64_t queues = std::uint64_t{dataplane.ports.size()} * dataplane.workers;
    const std::uint64_t outgoing =
        queues * (std::uint64_t{dataplane.tx_ring_packets} + dataplane.tx_queue_packets +
                  config.limits.held_packets_per_queue + handed_over(dataplane)) +
        on_the_way_to_tcp(dataplane);
    const std::uint64_t in_hand = std::uint64_t{dataplane.workers} * dataplane.burst_packets * 2;
    const std::uint64_t incoming =
        queues * (std::max<std::uint64_t>(dataplane.rx_ring_packets, kLeastPerReceiveQueue) +
                  handed_over(dataplane)) +
        on_the_way_to_tcp(dataplane) + on_the_way_to_workers(dataplane);
    const std::uint64_t sent_or_cached = outgoing + in_hand + cached(dataplane);
    const std::uint64_t small = std::uint64_t{dataplane.workers} * dataplane.history_small_packets;
    return {.payload_packets = saturated(incoming + sent_or_cached + kept(dataplane)),
            .header_packets = saturated(sent_or_cached),
            .indirect_packets = saturated(sent_or_cached),
            .small_packets = saturated(small == 0 ? 0 : small + cached(dataplane))};
}

PoolSizes pool_sizes(const Config& config) {
    const PoolSizes least = least_pool_sizes(config);
    const DataplaneConfig& dataplane = config.dataplane;
    const auto chosen = [](std::uint32_t configured, std::uint32_t computed) {
        return configured == 0 ? computed : configured;
    };
    return {.payload_packets = chosen(dataplane.payload_pool_packets, least.payload_packets),
            .header_packets = chosen(dataplane.header_pool_packets, least.header_packets),
            .indirect_packets = chosen(dataplane.indirect_pool_packets, least.indirect_packets),
            .small_packets = least.small_packets};
}

std::uint32_t history_reserve(const Config& config) {
    const std::uint64_t others = pool_sizes(config).payload_packets - kept(config.dataplane);
    return saturated(others * config.dataplane.history_reserve_percent / 100);
}

}  // namespace strata::api

#include "dataplane/api/config/pool_sizes.h"

#include <algorithm>
#include <bit>

#include "dataplane/api/config/buffer_sizes.h"
#include "dataplane/api/config/chains.h"

namespace strata::api {
namespace {

constexpr std::uint64_t kLine = kBufferAlignBytes, kPage = 4'096;

// rte_mempool spreads its objects over memory channels: an odd number of lines each (of four
// channels, if EAL isn't told of others).
constexpr std::uint64_t object_bytes(std::uint64_t room) {
    return ((kBufferHeadBytes + kObjectHeaderBytes + room) / kLine | 1) * kLine;
}

// Beside its objects a pool has caches and a ring of pointers. Without hugepages no object crosses
// a page, so that one larger than half of it has a page.
std::uint64_t pool_bytes(std::uint32_t packets, std::uint64_t room, bool scattered) {
    if (packets == 0) return 0;
    const std::uint64_t object = object_bytes(room), per_page = kPage / object;
    const std::uint64_t objects =
        scattered ? (packets + per_page - 1) / per_page * kPage : packets * object;
    return objects + std::uint64_t{kPoolCaches} * kPoolCacheBytes +
           std::bit_ceil(std::uint64_t{packets} + 1) * sizeof(void*);
}

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

// Of EAL's memory. The driver: as much as the one that takes most takes (net_tap; the others that
// were tried less), rounded up. The rings: from each worker to each.
std::uint64_t taken_by_devices(const DataplaneConfig& dataplane) {
    constexpr std::uint64_t kDriver = 2 << 20;
    const auto devices = static_cast<std::uint64_t>(
        std::ranges::count(dataplane.ports, PortSpec::Kind::kEthdev, &PortSpec::kind));
    const std::uint64_t ring = std::bit_ceil(handed_over(dataplane) + 1) * sizeof(void*);
    const std::uint64_t rings = dataplane.workers > 1 ? dataplane.workers * dataplane.workers : 0;
    return devices * (kDriver + rings * ring);
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
    return pool_bytes(payload_packets, kReceivedPrivateBytes + kReceivedRoomBytes, scattered) +
           pool_bytes(header_packets, kHeaderRoomBytes, scattered) +
           pool_bytes(indirect_packets, 0, scattered) +
           pool_bytes(small_packets, kCompactRoomBytes, scattered) +
           pool_bytes(linear_packets, kReceivedRoomBytes, scattered) + device_bytes;
}

std::uint64_t PoolSizes::linear_mb() const {
    return linear_packets == 0
               ? 0
               : (pool_bytes(linear_packets, kReceivedRoomBytes, scattered) >> 20) + 1;
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
    return pool_sizes(config, std::ranges::any_of(config.dataplane.ports, may_send_no_chains));
}

PoolSizes pool_sizes(const Config& config, bool linear) {
    const PoolSizes least = least_pool_sizes(config);
    const DataplaneConfig& dataplane = config.dataplane;
    const auto chosen = [](std::uint32_t configured, std::uint32_t computed) {
        return configured == 0 ? computed : configured;
    };
    const std::uint32_t headers = chosen(dataplane.header_pool_packets, least.header_packets);
    return {.payload_packets = chosen(dataplane.payload_pool_packets, least.payload_packets),
            .header_packets = headers,
            .indirect_packets = chosen(dataplane.indirect_pool_packets, least.indirect_packets),
            .small_packets = least.small_packets,
            .linear_packets = linear ? headers : 0,
            .scattered = !dataplane.hugepages,
            .device_bytes = taken_by_devices(dataplane)};
}

std::string memory_problem(const Config& config, const PoolSizes& sizes) {
    if (sizes.memory_mb() <= config.dataplane.memory_mb) return {};
    std::string text = "found " + std::to_string(config.dataplane.memory_mb) +
                       ", but the packet pools need " + std::to_string(sizes.memory_mb()) + " MB";
    if (sizes.linear_packets != 0)
        text += ", " + std::to_string(sizes.linear_mb()) +
                " of them for whole packets, since a port sends no chains";
    return text + "; give more, or make rings, queues or pools smaller";
}

std::uint32_t history_reserve(const Config& config) {
    const std::uint64_t others = pool_sizes(config).payload_packets - kept(config.dataplane);
    return saturated(others * config.dataplane.history_reserve_percent / 100);
}

}  // namespace strata::api

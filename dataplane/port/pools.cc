#include "dataplane/port/pools.h"

#include <rte_errno.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <utility>

#include "dataplane/port/packet_meta.h"

namespace strata::dataplane {

namespace {

// What the pools' memory is computed from.
static_assert(RTE_PKTMBUF_HEADROOM == api::kHeadroomBytes);
static_assert(sizeof(rte_mbuf) == api::kBufferHeadBytes);
static_assert(sizeof(rte_mempool_objhdr) <= api::kObjectHeaderBytes);
static_assert(RTE_MEMPOOL_ALIGN == api::kBufferAlignBytes);
static_assert(RTE_MAX_LCORE == api::kPoolCaches);
static_assert(sizeof(rte_mempool_cache) == api::kPoolCacheBytes);
static_assert(kPacketMetaSize == api::kReceivedPrivateBytes);

struct PoolSize {
    const char* suffix;
    std::uint32_t count;
    std::uint16_t private_bytes;
    std::uint16_t room_bytes;
};

// A per-lcore cache may not exceed two thirds of its pool.
std::uint32_t cache_for(const PoolConfig& config, std::uint32_t count) {
    return std::min({config.cache_mbufs, count * 2 / 3, std::uint32_t{RTE_MEMPOOL_CACHE_MAX_SIZE}});
}

std::expected<rte_mempool*, PortError> make(const PoolConfig& config, const PoolSize& size) {
    const std::string name = config.name + '-' + size.suffix;
    const int node = config.numa_node < 0 ? SOCKET_ID_ANY : config.numa_node;
    rte_mempool* pool =
        rte_pktmbuf_pool_create(name.c_str(), size.count, cache_for(config, size.count),
                                size.private_bytes, size.room_bytes, node);
    if (pool != nullptr) return pool;
    return std::unexpected(
        PortError{"pool-memory", name,
                  std::to_string(size.count) + " mbufs of " +
                      std::to_string(sizeof(rte_mbuf) + size.private_bytes + size.room_bytes) +
                      " bytes don't fit: " + rte_strerror(rte_errno),
                  "give EAL more memory (dataplane.memory_mb) or ask for fewer mbufs"});
}

}  // namespace

std::expected<Pools, PortError> Pools::create(const PoolConfig& config) {
    Pools pools;
    const std::pair<rte_mempool * Pools::*, PoolSize> wanted[] = {
        {&Pools::rx, {"rx", config.rx_mbufs, kPacketMetaSize, config.rx_room_bytes}},
        {&Pools::header, {"header", config.header_mbufs, 0, kHeaderRoomBytes}},
        {&Pools::indirect, {"indirect", config.indirect_mbufs, 0, 0}},
        {&Pools::linear, {"linear", config.linear_mbufs, 0, config.rx_room_bytes}},
        {&Pools::compact, {"compact", config.compact_mbufs, 0, kCompactRoomBytes}},
    };
    for (const auto& [member, size] : wanted) {
        if (size.count == 0) continue;
        auto pool = make(config, size);
        if (!pool) return std::unexpected(pool.error());
        pools.*member = *pool;
    }
    return pools;
}

Pools::Pools(Pools&& other) noexcept { *this = std::move(other); }

Pools& Pools::operator=(Pools&& other) noexcept {
    std::swap(rx, other.rx);
    std::swap(header, other.header);
    std::swap(indirect, other.indirect);
    std::swap(linear, other.linear);
    std::swap(compact, other.compact);
    return *this;
}

Pools::~Pools() {
    for (rte_mempool* pool : {rx, header, indirect, linear, compact}) rte_mempool_free(pool);
}

}  // namespace strata::dataplane

#pragma once

#include <cstdint>

namespace strata::api {

// Bytes of packet buffers: pools are made with them (dataplane/port/pools.h) and their memory is
// computed from them (pool_sizes.h). What is DPDK's is asserted where pools are made.
constexpr std::uint16_t kHeadroomBytes = 128;    // RTE_PKTMBUF_HEADROOM
constexpr std::uint16_t kBufferHeadBytes = 128;  // struct rte_mbuf
// In front of it: struct rte_mempool_objhdr, with which an object begins a cache line.
constexpr std::uint16_t kObjectHeaderBytes = 64;
constexpr std::uint16_t kBufferAlignBytes = 64;  // RTE_MEMPOOL_ALIGN
// A pool's caches: for each possible lcore one (RTE_MAX_LCORE, struct rte_mempool_cache).
constexpr std::uint32_t kPoolCaches = 128, kPoolCacheBytes = 8'256;

// Of received packets: the private area, and room for data, headroom included, which is also that
// of whole outgoing packets.
constexpr std::uint16_t kReceivedPrivateBytes = 64;
constexpr std::uint16_t kReceivedRoomBytes = kHeadroomBytes + 2'048;
// Of outgoing headers, which need no headroom.
constexpr std::uint16_t kHeaderRoomBytes = 448;
// Of a small packet that is kept or waits: bytes of it, and room.
constexpr std::uint16_t kCompactBytes = 256;
constexpr std::uint16_t kCompactRoomBytes = kHeadroomBytes + kCompactBytes;

}  // namespace strata::api

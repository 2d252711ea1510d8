#pragma once

#include <rte_mempool.h>

#include <cstdint>
#include <expected>
#include <string>

#include "dataplane/api/config/buffer_sizes.h"
#include "dataplane/port/port_error.h"

namespace strata::dataplane {

// Sizes of the pools. The caller computes them from rings, queues, caches and history; see
// PortNeeds for what a port itself may hold.
struct PoolConfig {
    std::string name = "strata";  // prefix of the pools' names, unique in the process
    std::uint32_t rx_mbufs = 16'384;
    std::uint32_t header_mbufs = 32'768;
    std::uint32_t indirect_mbufs = 8'192;
    std::uint32_t linear_mbufs = 0;   // only where a port can't take chains (PortNeeds)
    std::uint32_t compact_mbufs = 0;  // small packets that are kept
    std::uint32_t cache_mbufs = 256;  // per lcore; 0 costs a factor of 2.4
    std::uint16_t rx_room_bytes = api::kReceivedRoomBytes;  // headroom included
    int numa_node = -1;                                     // -1: any
};

// One header mbuf holds the link's header (at most kMaxLinkBytes, VLAN + IPv6 + UDP), then RTP
// header, extensions and descriptor (at most HeaderTemplate::kMaxSize, 320). The RTP header always
// begins at kRtpOffset, so that the fast path (IPv4, short extensions) touches two cache lines.
constexpr std::uint16_t kMaxLinkBytes = 66;
constexpr std::uint16_t kRtpOffset = 72;
using api::kHeaderRoomBytes;
// Bytes that fit into a header mbuf behind its link header.
constexpr std::uint16_t kHeaderPayloadBytes = kHeaderRoomBytes - kRtpOffset;

// Of a small packet that waits for something: headroom, and bytes of it. Audio fits.
using api::kCompactBytes, api::kCompactRoomBytes;

// The mempools of one set of workers. Thread: made and freed on the main thread; the pools are
// multi-producer/consumer with per-lcore caches.
class Pools {
  public:
    static std::expected<Pools, PortError> create(const PoolConfig& config);
    Pools() = default;
    Pools(Pools&& other) noexcept;
    Pools& operator=(Pools&& other) noexcept;
    ~Pools();

    rte_mempool* rx = nullptr;        // received packets, PacketMeta in the private area
    rte_mempool* header = nullptr;    // per-receiver headers; small packets of our own
    rte_mempool* indirect = nullptr;  // views of a received packet's payload, no room of their own
    rte_mempool* linear =
        nullptr;  // whole packets for ports without chains; null: none was asked for
    rte_mempool* compact = nullptr;  // copies of small packets; null: none was asked for
};

}  // namespace strata::dataplane

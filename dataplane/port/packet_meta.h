#pragma once

#include <rte_mbuf.h>

#include "dataplane/port/flow_key.h"
#include "relay/rtp/types.h"

namespace strata::dataplane {

// What a port knows of a received packet besides its bytes. Lies in the mbuf's private area, right
// behind struct rte_mbuf: one cache line. Filled by Port::rx_burst, valid as long as the mbuf is.
struct PacketMeta {
    FlowKey flow;
    std::uint16_t queue = 0;        // of the port, as given to rx_burst
    std::uint16_t port_index = 0;   // PortConfig::index
    relay::TimeUs received_us = 0;  // `now` of the rx_burst that delivered it
};
static_assert(sizeof(PacketMeta) <= 64);

// Private area of every mbuf of the receive pool.
constexpr std::uint16_t kPacketMetaSize = 64;

inline PacketMeta& meta(rte_mbuf* m) { return *static_cast<PacketMeta*>(rte_mbuf_to_priv(m)); }

}  // namespace strata::dataplane

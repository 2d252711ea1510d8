#pragma once

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_prefetch.h>

#include <cstdint>

#include "dataplane/port/pools.h"
#include "relay/svc/receiver_slot.h"

// Outgoing mbufs that begin with a receiver's header.
namespace strata::dataplane {

// An mbuf fresh from the pool: its room, where the RTP header goes. Only what the pool doesn't
// guarantee is set (refcnt 1, next null and one segment are: rte_mbuf_raw_alloc).
inline std::uint8_t* rtp_room(rte_mbuf* m) {
    return static_cast<std::uint8_t*>(m->buf_addr) + kRtpOffset;
}

inline void set_lengths(rte_mbuf* m, std::uint16_t link_bytes, std::uint16_t bytes) {
    m->data_off = static_cast<std::uint16_t>(kRtpOffset - link_bytes);
    m->data_len = static_cast<std::uint16_t>(link_bytes + bytes);
    m->pkt_len = m->data_len;
}

inline void prefetch_header(const rte_mbuf* m) {
    rte_prefetch0(m);
    rte_prefetch0(reinterpret_cast<const std::uint8_t*>(m) + 64);
    rte_prefetch0(reinterpret_cast<const std::uint8_t*>(m) + sizeof(rte_mbuf));
    rte_prefetch0(reinterpret_cast<const std::uint8_t*>(m) + sizeof(rte_mbuf) + 64);
}

inline void prefetch_slot(const relay::ReceiverSlot* slot) {
    rte_prefetch0(slot);
    rte_prefetch0(slot->link.data());
}

inline bool take_headers(rte_mempool* pool, rte_mbuf** m, std::uint32_t n) {
    return rte_mempool_get_bulk(pool, reinterpret_cast<void**>(m), n) == 0;
}

}  // namespace strata::dataplane

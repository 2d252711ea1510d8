#pragma once

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_prefetch.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/port/pools.h"

// Outgoing mbufs that begin with a receiver's header.
namespace strata::dataplane {

// An mbuf fresh from the pool: its room, where the RTP header goes. Only what the pool doesn't
// guarantee is set (refcnt 1, next null and one segment are: rte_mbuf_raw_alloc).
inline std::uint8_t* rtp_room(rte_mbuf* m, std::uint16_t rtp_offset = kRtpOffset) {
    return static_cast<std::uint8_t*>(m->buf_addr) + rtp_offset;
}

inline void set_lengths(rte_mbuf* m, std::uint16_t link_bytes, std::uint16_t bytes,
                        std::uint16_t rtp_offset = kRtpOffset) {
    m->data_off = static_cast<std::uint16_t>(rtp_offset - link_bytes);
    m->data_len = static_cast<std::uint16_t>(link_bytes + bytes);
    m->pkt_len = m->data_len;
}

// The fields of an mbuf fresh from the pool that all packets of one shape have in common, stored in
// two pieces instead of one by one.
class HeadFields {
  public:
    struct Shape {
        std::uint16_t link_bytes, own_bytes;  // in the mbuf itself, before and from RTP on
        std::uint16_t shared_bytes;           // in the segment behind it
        std::uint16_t segments;
    };
    explicit HeadFields(const Shape& shape) {
        const auto data_off = static_cast<std::uint16_t>(kRtpOffset - shape.link_bytes);
        const auto data_len = static_cast<std::uint16_t>(shape.link_bytes + shape.own_bytes);
        const std::uint32_t pkt_len = std::uint32_t{data_len} + shape.shared_bytes;
        constexpr std::uint64_t kRefcnt = 1, kPort = RTE_MBUF_PORT_INVALID;
        rearm_ =
            Piece{data_off | kRefcnt << 16 | std::uint64_t{shape.segments} << 32 | kPort << 48, 0};
        lengths_ = Piece{std::uint64_t{pkt_len} << 32, data_len};
    }

    [[gnu::always_inline]] void store(rte_mbuf* m) const {
        std::memcpy(reinterpret_cast<char*>(m) + kRearmAt, &rearm_, sizeof rearm_);
        std::memcpy(reinterpret_cast<char*>(m) + kLengthsAt, &lengths_, sizeof lengths_);
    }

  private:
    typedef std::uint64_t Piece __attribute__((vector_size(16)));
    // data_off, refcnt, nb_segs, port; ol_flags: none.
    static constexpr std::size_t kRearmAt = offsetof(rte_mbuf, rearm_data);
    static_assert(offsetof(rte_mbuf, data_off) == kRearmAt);
    static_assert(offsetof(rte_mbuf, refcnt) == kRearmAt + 2);
    static_assert(offsetof(rte_mbuf, nb_segs) == kRearmAt + 4);
    static_assert(offsetof(rte_mbuf, port) == kRearmAt + 6);
    static_assert(offsetof(rte_mbuf, ol_flags) == kRearmAt + 8);
    // packet_type, pkt_len, data_len, and what lies behind them: nothing that is kept in an mbuf
    // fresh from the pool.
    static constexpr std::size_t kLengthsAt = offsetof(rte_mbuf, packet_type);
    static_assert(kLengthsAt == kRearmAt + 16);
    static_assert(offsetof(rte_mbuf, pkt_len) == kLengthsAt + 4);
    static_assert(offsetof(rte_mbuf, data_len) == kLengthsAt + 8);
    Piece rearm_, lengths_;
};

inline void prefetch_header(const rte_mbuf* m) {
    rte_prefetch0(m);
    rte_prefetch0(reinterpret_cast<const std::uint8_t*>(m) + 64);
    rte_prefetch0(reinterpret_cast<const std::uint8_t*>(m) + sizeof(rte_mbuf));
    rte_prefetch0(reinterpret_cast<const std::uint8_t*>(m) + sizeof(rte_mbuf) + 64);
}

inline bool take_headers(rte_mempool* pool, rte_mbuf** m, std::uint32_t n) {
    return rte_mempool_get_bulk(pool, reinterpret_cast<void**>(m), n) == 0;
}

}  // namespace strata::dataplane

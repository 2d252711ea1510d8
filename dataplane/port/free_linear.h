#pragma once

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace strata::dataplane {

// Frees packets of one segment each, as most packets of a burst are freed: by their only owner.
inline void free_linear(std::span<rte_mbuf* const> packets) {
    constexpr std::size_t kAtOnce = 64;
    std::array<rte_mbuf*, kAtOnce> live;
    std::uint32_t count = 0;
    rte_mempool* pool = nullptr;
    const auto put = [&] {
        if (count != 0) rte_mempool_put_bulk(pool, reinterpret_cast<void**>(live.data()), count);
        count = 0;
    };
    for (rte_mbuf* packet : packets) {
        // Nobody else's, and as the pool wants it: the line that says what comes behind a segment
        // needn't be looked at.
        const bool as_it_is = rte_mbuf_refcnt_read(packet) == 1 && RTE_MBUF_DIRECT(packet) &&
                              packet->nb_segs == 1;
        rte_mbuf* const m = as_it_is ? packet : rte_pktmbuf_prefree_seg(packet);
        if (m == nullptr) continue;
        if (count == kAtOnce || m->pool != pool) {
            put();
            pool = m->pool;
        }
        live[count++] = m;
    }
    put();
}

}  // namespace strata::dataplane

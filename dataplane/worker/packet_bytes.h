#pragma once

#include <rte_mbuf.h>

#include <cstdint>
#include <span>

namespace strata::dataplane {

// Of a linear packet.
inline std::span<const std::uint8_t> bytes_of(const rte_mbuf& packet) {
    return {rte_pktmbuf_mtod(&packet, const std::uint8_t*), packet.data_len};
}

}  // namespace strata::dataplane

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "relay/rtp/byte_order.h"

namespace strata::gen {

using ByteView = std::span<const std::uint8_t>;

// Appended in network order.
inline void put16(std::uint16_t value, std::vector<std::uint8_t>& out) {
    out.resize(out.size() + 2);
    relay::store_be16(&out[out.size() - 2], value);
}
inline void put32(std::uint32_t value, std::vector<std::uint8_t>& out) {
    out.resize(out.size() + 4);
    relay::store_be32(&out[out.size() - 4], value);
}

}  // namespace strata::gen

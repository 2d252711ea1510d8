#pragma once

#include <cstdint>

namespace strata::relay {

// A packet's 48-bit index is ROC * 2^16 + SEQ (RFC 3711 section 3.3.1). The one nearest to
// `highest` that ends in `sequence`; never below the first cycle, where there is nothing.
constexpr std::uint64_t nearest_index(std::uint64_t highest, std::uint16_t sequence) {
    constexpr std::uint64_t kCycle = 0x10000, kHalf = 0x8000;
    const std::uint64_t same = (highest & ~(kCycle - 1)) | sequence;
    if (same > highest + kHalf && same >= kCycle) return same - kCycle;
    if (same + kHalf < highest) return same + kCycle;
    return same;
}

constexpr std::uint32_t roc_of(std::uint64_t index) {
    return static_cast<std::uint32_t>(index >> 16);
}

}  // namespace strata::relay

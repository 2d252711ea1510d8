#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace strata::relay {

// Where and what active_decode_targets_bitmask is to say (C11). The places are the reader's
// (relay/codec/dependency_descriptor.h), counted in bits from the descriptor's first byte.
struct DescriptorMask {
    std::uint32_t active_decode_targets = 0;  // bit dt: the group's mask ANDed with the publisher's
    std::uint8_t decode_target_count = 0;     // DtCnt, 1..32, of the structure in force
    std::uint16_t bitmask_bit_at = 0;  // where the bitmask stands, or would stand: behind the
                                       // structure, or at bit 29 without one
    bool bitmask_present = false;      // active_decode_targets_present_flag
};

// The mask and, in a descriptor of three bytes, the five flags make it longer by at most this (C46).
constexpr std::size_t kMaxDescriptorGrowth = 5;

// Copies the descriptor `in` (3 to 255 bytes) to `out` with the bitmask of `mask` put in or replaced,
// bits behind it shifted, and the last byte filled up with zeros. Returns the size in bytes, 0 when
// `out` is too small or `mask` contradicts `in`.
std::size_t rewrite_descriptor(std::span<const std::uint8_t> in, const DescriptorMask& mask,
                               std::span<std::uint8_t> out);

}  // namespace strata::relay

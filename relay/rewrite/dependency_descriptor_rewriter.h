#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "relay/codec/dependency_descriptor.h"

namespace strata::relay {

// What active_decode_targets_bitmask is to say in one packet (C11), and where.
struct DescriptorMask {
    std::uint32_t active_decode_targets = 0;  // bit dt: the group's mask ANDed with the publisher's
    std::uint8_t decode_target_count = 0;     // of the structure in force, 1..32
    BitRange place;               // DependencyDescriptor::active_mask: empty where it isn't yet
    std::uint16_t size_bits = 0;  // DependencyDescriptor::size_bits
};

// What `descriptor`, read from the packet, becomes for a group with `active_decode_targets`;
// `decode_target_count` is that of the structure in force.
DescriptorMask make_descriptor_mask(const DependencyDescriptor& descriptor,
                                    std::uint8_t decode_target_count,
                                    std::uint32_t active_decode_targets);

// The mask, with the five flags in a descriptor of three bytes, adds at most this (C46).
constexpr std::size_t kMaxDescriptorGrowth = 5;
constexpr std::size_t kMaxDescriptorSize = 255;  // of a header extension

// Copies the descriptor `in` to `out` with the bitmask of `mask` put in or replaced, the bits
// behind it shifted, and the last byte filled up with zeros. Beside an attached structure a full
// mask is left out, since the structure implies it. Returns the size in bytes; 0: `out` is too
// small, or `mask` doesn't fit `in`.
std::size_t rewrite_descriptor(std::span<const std::uint8_t> in, const DescriptorMask& mask,
                               std::span<std::uint8_t> out);

}  // namespace strata::relay

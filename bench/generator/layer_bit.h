#pragma once

#include <cstddef>
#include <cstdint>

namespace strata::gen {

// What the generator counts layers up to, in masks and tables.
constexpr std::size_t kLayerLimit = 4;

// The bit of the fixed layer set (spatial, temporal) in a mask of those that get a frame.
constexpr std::uint16_t layer_bit(std::size_t spatial, std::size_t temporal) {
    return static_cast<std::uint16_t>(1u << (spatial * kLayerLimit + temporal));
}

}  // namespace strata::gen

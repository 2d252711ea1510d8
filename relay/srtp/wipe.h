#pragma once

#include <cstddef>
#include <cstdint>

namespace strata::relay {

// Zeroes memory that held a secret; the compiler may not leave it out because nobody reads it
// later.
inline void wipe(void* memory, std::size_t size) {
    volatile std::uint8_t* bytes = static_cast<std::uint8_t*>(memory);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = 0;
}

// Same bytes, in a time that doesn't tell where they differ.
inline bool equal_secret(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) {
    unsigned difference = 0;
    for (std::size_t i = 0; i < size; ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
    return difference == 0;
}

}  // namespace strata::relay

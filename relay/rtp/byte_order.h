#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

// Network byte order at any alignment. The caller has checked the bounds.
namespace strata::relay {

constexpr std::uint16_t load_be16(const std::uint8_t* p) {
    return static_cast<std::uint16_t>(p[0] << 8 | p[1]);
}
constexpr std::uint32_t load_be24(const std::uint8_t* p) {
    return std::uint32_t{p[0]} << 16 | std::uint32_t{p[1]} << 8 | p[2];
}
constexpr std::uint32_t load_be32(const std::uint8_t* p) {
    return std::uint32_t{p[0]} << 24 | load_be24(p + 1);
}
constexpr std::uint64_t load_be64(const std::uint8_t* p) {
    return std::uint64_t{load_be32(p)} << 32 | load_be32(p + 4);
}
// Stored in one piece: g++ leaves some of those put together by hand in bytes, and who then loads
// the whole waits for them.
template <typename T>
constexpr void store_be(std::uint8_t* p, T v) {
    if consteval {
        for (std::size_t i = sizeof v; i-- > 0; v = static_cast<T>(v >> 8))
            p[i] = static_cast<std::uint8_t>(v);
    } else {
        if constexpr (std::endian::native == std::endian::little) v = std::byteswap(v);
        std::memcpy(p, &v, sizeof v);
    }
}
constexpr void store_be16(std::uint8_t* p, std::uint16_t v) { store_be(p, v); }
constexpr void store_be24(std::uint8_t* p, std::uint32_t v) {
    p[0] = static_cast<std::uint8_t>(v >> 16);
    store_be16(p + 1, static_cast<std::uint16_t>(v));
}
constexpr void store_be32(std::uint8_t* p, std::uint32_t v) { store_be(p, v); }
constexpr void store_be64(std::uint8_t* p, std::uint64_t v) { store_be(p, v); }

}  // namespace strata::relay

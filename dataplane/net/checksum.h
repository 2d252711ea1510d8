#pragma once

#include <rte_ip.h>

#include <cstddef>
#include <cstdint>

// The Internet checksum (RFC 1071): ones' complement sums of 16-bit words as they lie in memory, so
// that nothing is swapped on the way.
namespace strata::dataplane::net {

// Sum of `size` bytes, not inverted; an odd last byte counts as if a zero followed. 0..0xffff.
inline std::uint32_t raw_sum(const void* data, std::size_t size) {
    return rte_raw_cksum(data, size);
}

// Any sum of 16-bit words brought back to 16 bits.
inline std::uint16_t fold(std::uint32_t sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
}

// The sum of bytes that follow an odd number of others: their words are swapped (RFC 1071 section
// 2).
inline std::uint32_t swap_bytes(std::uint32_t folded) {
    return ((folded & 0xff) << 8) | (folded >> 8 & 0xff);
}

inline std::uint16_t checksum(std::uint32_t sum) { return static_cast<std::uint16_t>(~fold(sum)); }

// UDP sends 0xffff for a sum that comes out as 0, which would mean "none" (RFC 768).
inline std::uint16_t udp_checksum(std::uint32_t sum) {
    const std::uint16_t c = checksum(sum);
    return c == 0 ? 0xffff : c;
}

}  // namespace strata::dataplane::net

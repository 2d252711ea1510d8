#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "relay/srtp/cipher.h"

namespace strata::relay {

// AES-CM, RFC 3711 section 4.1.1: (SSRC * 2^64) XOR (index * 2^16) XOR (salt * 2^16).
//      0..3     4..7       8..13        14, 15
//   +--------+--------+-------------+-----------+
//   |   0    |  SSRC  | index (48)  | counter 0 |
//   +--------+--------+-------------+-----------+
// AES-GCM, RFC 7714 sections 8.1 and 9.1:
//      0, 1     2..5       6..11
//   +--------+--------+-------------+
//   |   0    |  SSRC  | index (48)  |
//   +--------+--------+-------------+
// In two words, as they lie in memory: this runs for every packet and receiver.
inline void set_iv(const CipherKey& key, std::uint32_t ssrc, std::uint64_t index,
                   std::array<std::uint8_t, 16>& iv) {
    static_assert(std::endian::native == std::endian::little);
    const bool gcm = is_gcm(key.profile);
    std::uint64_t high, low;
    std::uint32_t middle;
    std::uint16_t end;
    std::memcpy(&high, key.salt.data(), 8);
    std::memcpy(&middle, key.salt.data() + 8, 4);
    std::memcpy(&end, key.salt.data() + 12, 2);
    low = std::uint64_t{end} << 32 | middle;
    high ^= std::byteswap(gcm ? std::uint64_t{ssrc} << 16 | index >> 32 : ssrc);
    low ^= std::byteswap(index << (gcm ? 32 : 16));
    std::memcpy(iv.data(), &high, 8);
    std::memcpy(iv.data() + 8, &low, 8);
}

}  // namespace strata::relay

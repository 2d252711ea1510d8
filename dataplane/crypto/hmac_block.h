#pragma once

#include <array>
#include <cstdint>

#include "relay/srtp/cipher.h"

namespace strata::dataplane {

constexpr std::uint8_t kHmacInner = 0x36, kHmacOuter = 0x5c;

// The block that one half of HMAC-SHA1 begins with: the key, filled up with zeros, XOR `pad` (RFC
// 2104). A secret.
inline std::array<std::uint8_t, 64> hmac_block(const relay::SessionKey& key, std::uint8_t pad) {
    std::array<std::uint8_t, 64> block;
    block.fill(pad);
    for (std::size_t i = 0; i < key.auth.size(); ++i)
        block[i] = static_cast<std::uint8_t>(block[i] ^ key.auth[i]);
    return block;
}

}  // namespace strata::dataplane

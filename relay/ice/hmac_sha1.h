#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "relay/ice/sha1.h"

namespace strata::relay {

// A password or a user's name as what is hashed.
inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// HMAC-SHA1 (RFC 2104) under one key. The blocks that depend on the key alone are hashed once, in
// the constructor: a short message costs three blocks.
class HmacSha1Key {
  public:
    explicit HmacSha1Key(std::span<const std::uint8_t> key);

    // Starts a message: update() it, then finish() with this key.
    Sha1 begin() const { return inner_; }
    Sha1Digest finish(Sha1 message) const;

  private:
    Sha1 inner_, outer_;
};

// In a time that doesn't depend on where they differ.
bool equal_digests(const Sha1Digest& a, std::span<const std::uint8_t, 20> b);

}  // namespace strata::relay

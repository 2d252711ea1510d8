#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "relay/ice/hmac_sha1.h"

// STUN (RFC 8489), as far as connectivity checks need it (RFC 8445 section 7).
namespace strata::relay {

constexpr std::size_t kStunHeaderBytes = 20;
constexpr std::uint32_t kStunMagicCookie = 0x2112a442;
constexpr std::uint16_t kStunBinding = 0x001;  // the one method there is (RFC 8489 section 18.2)

enum class StunClass : std::uint8_t { request = 0, indication = 1, success = 2, error = 3 };

// RFC 8489 section 18.3, RFC 8445 section 16.1. Below 0x8000: whoever doesn't understand one must
// refuse the request.
enum class StunAttribute : std::uint16_t {
    mapped_address = 0x0001,
    username = 0x0006,
    message_integrity = 0x0008,
    error_code = 0x0009,
    unknown_attributes = 0x000a,
    realm = 0x0014,
    nonce = 0x0015,
    message_integrity_sha256 = 0x001c,
    password_algorithm = 0x001d,
    userhash = 0x001e,
    xor_mapped_address = 0x0020,
    priority = 0x0024,
    use_candidate = 0x0025,
    fingerprint = 0x8028,
    ice_controlled = 0x8029,
    ice_controlling = 0x802a,
};

using StunTransaction = std::array<std::uint8_t, 12>;

// A message as parsed. Views point into the bytes it was parsed from.
struct StunMessage {
    std::uint16_t method = 0;
    StunClass kind = StunClass::request;
    StunTransaction transaction{};
    std::optional<std::string_view> username;
    std::optional<std::uint32_t> priority;
    bool use_candidate = false;
    std::optional<std::uint64_t> controlled, controlling;  // with the sender's tie-breaker
    std::optional<std::uint16_t> error;                    // 300..699
    std::size_t integrity_offset = 0;                      // of the attribute; 0: there is none
    bool has_fingerprint = false;                          // it was right
    // Attributes that had to be understood and weren't; the first ones of them.
    std::array<std::uint16_t, 8> unknown{};
    std::size_t unknown_count = 0;

    bool is(StunClass wanted) const { return method == kStunBinding && kind == wanted; }
};

// Reads one datagram. False: not a STUN message of RFC 8489, an attribute that leaves it, or a
// FINGERPRINT that is wrong. Attributes behind MESSAGE-INTEGRITY don't count (section 14.5). Work
// is bounded by the datagram's size.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |0 0|     STUN Message Type     |         Message Length        |
//   |                         Magic Cookie                          |
//   |                     Transaction ID (96 bits)                  |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
bool parse_stun(std::span<const std::uint8_t> packet, StunMessage& message);

// Whether MESSAGE-INTEGRITY is there and right under `key` (RFC 8489 section 14.5). `packet` is
// what `message` was parsed from.
bool has_integrity(std::span<const std::uint8_t> packet, const StunMessage& message,
                   const HmacSha1Key& key);

}  // namespace strata::relay

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "relay/ice/hmac_sha1.h"
#include "relay/ice/stun_message.h"

namespace strata::relay {

constexpr std::uint32_t kStunFingerprintXor = 0x5354554e;  // RFC 8489 section 14.7: "STUN"

// An address as it stands in STUN messages: 4 or 16 bytes in network order.
struct StunAddress {
    std::span<const std::uint8_t> bytes;
    std::uint16_t port = 0;  // host order
};

// Builds one message in the caller's buffer. What doesn't fit makes written() empty. The order of
// calls is that of the attributes: message_integrity() comes after all others but fingerprint().
class StunWriter {
  public:
    StunWriter(std::span<std::uint8_t> buffer, StunClass kind, const StunTransaction& transaction);

    void attribute(StunAttribute type, std::span<const std::uint8_t> value);
    void username(std::string_view name);
    void priority(std::uint32_t value);
    void use_candidate() { attribute(StunAttribute::use_candidate, {}); }
    void tie_breaker(StunAttribute role, std::uint64_t value);  // ice_controlled, ice_controlling
    void xor_mapped_address(const StunAddress& address);
    void error_code(std::uint16_t code, std::string_view reason);
    void unknown_attributes(std::span<const std::uint16_t> types);
    void message_integrity(const HmacSha1Key& key);
    void fingerprint();

    // The message so far; empty when something didn't fit.
    std::span<const std::uint8_t> written() const;

  private:
    std::uint8_t* begin_attribute(StunAttribute type, std::size_t size);

    std::span<std::uint8_t> buffer_;
    std::size_t size_ = 0;
    bool overflow_ = false;
    StunTransaction transaction_;
};

// HMAC over a message up to its MESSAGE-INTEGRITY attribute, with the length that it has with it.
Sha1Digest stun_integrity(std::span<const std::uint8_t> before, const HmacSha1Key& key);

}  // namespace strata::relay

#pragma once

#include <cstdint>
#include <span>

namespace strata::relay {

// CRC-32 of ISO 3309 and V.42, as in STUN's FINGERPRINT (RFC 8489 section 14.7), without its XOR.
std::uint32_t crc32(std::span<const std::uint8_t> bytes);

}  // namespace strata::relay

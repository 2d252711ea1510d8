#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strata::control {

// SHA-256 over a DER certificate.
using Fingerprint = std::array<std::uint8_t, 32>;

// As in a=fingerprint behind the hash function's name: "4A:AD:…", upper case (RFC 8122 section 5).
std::string fingerprint_text(const Fingerprint& fingerprint);
// Either case; nullopt unless it is 32 bytes.
std::optional<Fingerprint> parse_fingerprint(std::string_view text);

}  // namespace strata::control

#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "dataplane/api/observation.h"

// Observed packets in words, for people.
namespace strata::control {

// "1 receiver", "3 receivers".
std::string counted(std::uint64_t count, const char* noun);

// The four bytes of a v4-mapped address (RFC 4291 section 2.5.5.2); null: it is an IPv6 one.
const std::uint8_t* v4_bytes(const std::array<std::uint8_t, 16>& address);

// "192.0.2.7", "2001:db8::1".
std::string address_text(const std::array<std::uint8_t, 16>& address);

// "192.0.2.7:5004", "[2001:db8::1]:5004".
std::string observed_address(const std::array<std::uint8_t, 16>& address, std::uint16_t port);

// "RTP", "RTCP", "STUN", …
std::string class_words(api::ObservedClass packet_class);

// What became of it: "forwarded to 3 receivers", "dropped: layer_not_wanted", "sent". Programs find
// the reason behind the colon.
std::string fate_words(const api::Fate& fate);

}  // namespace strata::control

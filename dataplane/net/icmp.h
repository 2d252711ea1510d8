#pragma once

#include <cstdint>
#include <span>

namespace strata::dataplane::net {

// Turns an echo request into its reply in place: addresses swapped, type changed, hop limit our
// own, checksums kept right. `packet` begins at the IP header and is as long as that says. False:
// not an echo request that may be answered; nothing was changed.
bool answer_echo_v4(std::span<std::uint8_t> packet);  // RFC 792
bool answer_echo_v6(std::span<std::uint8_t> packet);  // RFC 4443 section 4.2

}  // namespace strata::dataplane::net

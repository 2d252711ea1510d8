#pragma once

#include <cstdint>

namespace strata::dataplane {

// What has become of a packet that waited for its next hop's address.
enum class HeldFate : std::uint8_t { waiting, sent, dropped };

}  // namespace strata::dataplane

#pragma once

#include <cstdint>
#include <span>

namespace strata::relay {

// The primary block of a RED payload (RFC 2198 section 3): the frame the packet is about; it is the
// last block and reaches to the payload's end (B7).
struct RedPrimary {
    std::uint8_t payload_type = 0;
    std::uint16_t offset = 0;           // from the RED payload's first byte
    std::uint8_t redundant_blocks = 0;  // blocks before it; saturates
};

// False: truncated headers, or blocks longer than the payload.
bool find_red_primary(std::span<const std::uint8_t> payload, RedPrimary& out);

}  // namespace strata::relay

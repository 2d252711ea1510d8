#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace strata::gen {

struct ExtensionElement {
    std::uint8_t id = 0;  // 1..255
    std::vector<std::uint8_t> data;
};

struct RtpFields {
    bool marker = false;
    std::uint8_t payload_type = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
};

// One RTP packet, RFC 3550 section 5.1. Extensions take the one-byte form where all of them fit it
// (id up to 14, 1 to 16 bytes), else the two-byte form for the whole packet, RFC 8285.
std::vector<std::uint8_t> write_rtp(const RtpFields& fields,
                                    std::span<const ExtensionElement> extensions,
                                    std::span<const std::uint8_t> payload);

}  // namespace strata::gen

#pragma once

#include <cstdint>
#include <span>

#include "relay/codec/packet_info.h"

namespace strata::relay {

// Opus has no payload descriptor (RFC 7587 section 4): each packet is a frame that decoding may
// start at. An empty payload isn't a frame.
bool parse_opus(std::span<const std::uint8_t> payload, PacketInfo& info);

}  // namespace strata::relay

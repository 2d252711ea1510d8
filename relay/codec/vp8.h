#pragma once

#include <cstdint>
#include <span>

#include "relay/codec/packet_info.h"

namespace strata::relay {

// Reads the VP8 payload descriptor (RFC 7741 section 4.2) into info.vp8 and the layer facts, and,
// unless `encrypted`, the key-frame bit and the picture size of the payload header behind it.
// `info.marker` is already set. False: truncated. Facts that the dependency descriptor knows better
// (X=0 with it, B9) are the caller's to overrule.
bool parse_vp8(std::span<const std::uint8_t> payload, bool encrypted, PacketInfo& info);

}  // namespace strata::relay

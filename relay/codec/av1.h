#pragma once

#include <cstdint>
#include <span>

#include "relay/codec/packet_info.h"

namespace strata::relay {

// Reads the AV1 aggregation header (AV1 RTP payload specification section 4.4) into info.av1; with
// `encrypted` nothing is read. Layers, and the frames' begins, stand only in the dependency
// descriptor: without it a new coded video sequence (N) is the one known begin, and the marker the
// one known end. False: no byte there.
bool parse_av1(std::span<const std::uint8_t> payload, bool encrypted, PacketInfo& info);

}  // namespace strata::relay

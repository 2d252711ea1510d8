#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "relay/codec/packet_info.h"
#include "relay/rtp/types.h"

namespace strata::relay {

constexpr std::size_t kOsnSize = 2;  // original sequence number, RFC 4588 section 4

// Turns a retransmission into the packet that it repeats, in place: `info` is what parse_packet
// made of it (info.rtx). The original begins kOsnSize bytes further on. False, and nothing changed:
// there is no original in it, it is padding sent to probe (B6), or too short.
bool unwrap_rtx(std::span<std::uint8_t> packet, const PacketInfo& info, Ssrc original,
                std::uint8_t original_payload_type);

}  // namespace strata::relay

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

// What tells a retransmission from the packet that it repeats.
struct RtxFields {
    Ssrc ssrc;
    std::uint8_t payload_type = 0;
    SequenceNumber sequence;  // of the RTX stream's own
};

// Turns the beginning of a packet as it was sent, `size` bytes of `header`, into that of its
// retransmission: the OSN is the number that it was sent under (C26), and stands in front of the
// payload, which begins at `payload_at`. `header` has room for kOsnSize bytes more. Returns the new
// size.
std::size_t wrap_rtx(std::span<std::uint8_t> header, std::size_t size, std::size_t payload_at,
                     const RtxFields& fields);

}  // namespace strata::relay

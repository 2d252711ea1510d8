#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "relay/codec/packet_info.h"

namespace strata::relay {

// Reads NAL unit headers of an H.264 payload (RFC 6184: single NAL unit, STAP, MTAP, FU; RFC 6190:
// NAL units 14, 15, 20 and PACSI) into info.h264 and the layer facts; with `encrypted` nothing is
// read (C48). spatial_id is the dependency id, temporal_id the SVC one: the lowest of the packet,
// which can't be split. In the middle of an FU, or without an SVC header, they aren't known and
// stay 0. starts_frame is set wherever an access unit may begin (several of its packets may look
// so), or where a PACSI NAL unit says that a layer's part of it does; ends_frame is the marker, or
// what PACSI says of the layer. False: truncated, or no NAL unit.
bool parse_h264(std::span<const std::uint8_t> payload, bool encrypted, PacketInfo& info);

// first_mb_in_slice of the last slice that begins in a payload which parse_h264 has accepted.
// Nullopt: none does, or its header is cut off. Not part of PacketInfo: only SVC without PACSI
// asks.
std::optional<std::uint32_t> last_slice_begin(std::span<const std::uint8_t> payload);

}  // namespace strata::relay

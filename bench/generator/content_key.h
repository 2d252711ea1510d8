#pragma once

#include <cstdint>
#include <span>

#include "relay/codec/packet_info.h"

namespace strata::gen {

// What survives a relay: the payload bytes behind the codec's RTP descriptor (picture ids in front
// of them are renumbered, padding and RED headers behind and around them go). Equal bytes, equal
// key; 64 bits, so that two different packets of a run practically never meet. A packet that a
// relay damaged has a key that nobody sent.
std::uint64_t content_key(std::span<const std::uint8_t> packet, const relay::PacketInfo& info);

// The bytes the key is made of; empty for padding-only packets.
std::span<const std::uint8_t> content_bytes(std::span<const std::uint8_t> packet,
                                            const relay::PacketInfo& info);

}  // namespace strata::gen

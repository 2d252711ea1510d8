#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "relay/codec/packet_info.h"

namespace strata::relay {

// Reads the VP9 payload descriptor (RFC 9628 section 4.2), flexible or not, into info.vp9 and the
// layer facts. Nothing behind the descriptor is read, so it serves encrypted payloads too (C48).
// False: truncated or malformed.
bool parse_vp9(std::span<const std::uint8_t> payload, PacketInfo& info);

// One picture of a group of frames.
struct Vp9GofPicture {
    TemporalId temporal_id = 0;
    bool switching_up_point = false;
    std::uint8_t reference_count = 0;      // 0..3
    std::array<std::uint8_t, 3> p_diff{};  // picture ids back
};

// Scalability structure, RFC 9628 section 4.2.1: in force from its picture on.
struct Vp9Structure {
    std::uint8_t spatial_layers = 1;  // N_S + 1, 1..8
    bool has_resolutions = false;
    std::array<std::uint16_t, 8> width{}, height{};
    std::uint8_t picture_count = 0;  // N_G; 0: no group of frames told
    std::array<Vp9GofPicture, 255> pictures;
};

// Reads the structure at payload[info.vp9.structure_offset] of a packet that parse_vp9 accepted
// with has_structure. False: it has none.
bool read_vp9_structure(std::span<const std::uint8_t> payload, const Vp9Info& vp9,
                        Vp9Structure& out);

}  // namespace strata::relay

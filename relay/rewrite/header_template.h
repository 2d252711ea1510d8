#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "relay/rtp/types.h"

namespace strata::relay {

// What one receiver's copy of a packet differs in: added to the group's numbers, modulo each field's
// width. Lives in ReceiverSlot.
struct ReceiverOffsets {
    std::uint32_t ssrc = 0;              // outgoing, absolute
    std::uint32_t timestamp = 0;         // added
    std::uint16_t sequence = 0;          // added (design.md: out(n) = n - dropped(n) + offset)
    std::uint16_t frame_number = 0;      // added to the dependency descriptor's frame_number (C10)
    std::uint16_t picture_id = 0;        // added, then cut to the picture id's width (C23)
    std::uint8_t tl0_pic_idx = 0;        // added
    std::uint8_t key_idx = 0;            // added, modulo 32
    std::uint8_t template_id_shift = 0;  // added, modulo 64 (C10)
};

// The RTP header of one (packet, group, header profile): bytes that all its receivers share, with the
// few places that differ per receiver. Built once, patched per receiver by write_header.
struct HeaderTemplate {
    static constexpr std::size_t kMaxSize = 328;  // 12 + 60 CSRC + 4 + 255 extension, rounded up
    std::uint16_t size = 0;  // header, extensions and payload descriptor bytes
    std::array<std::uint8_t, kMaxSize> bytes{};
    std::uint16_t sequence = 0;  // n - dropped(n): low 16 bits
    // Offsets of what is patched; 0: not there (no patched field lies at offset 0).
    std::uint16_t frame_number_at = 0;         // two bytes, dependency descriptor bytes 1..2
    std::uint16_t template_id_at = 0;          // low 6 bits of that byte
    std::uint16_t structure_offset_bit_at = 0; // bit offset from the header's begin of template_id_offset
    std::uint16_t picture_id_at = 0;
    std::uint8_t picture_id_bits = 0;          // 7 or 15
    std::uint16_t tl0_pic_idx_at = 0;
    std::uint16_t key_idx_at = 0;              // low 5 bits
};

// Writes `t` for one receiver to `out` (t.size bytes, room for kMaxSize).
// budget: 20 ns/receiver, bench/micro/rewrite
void write_header(const HeaderTemplate& t, const ReceiverOffsets& receiver, std::uint8_t* out);

}  // namespace strata::relay

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "relay/rewrite/header_profile.h"
#include "relay/rtp/byte_order.h"

namespace strata::relay {

// What one receiver's copy of a packet differs in: added to the group's numbers, modulo each
// field's width. Lives in ReceiverSlot.
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

// The RTP header of one (packet, group, header profile): bytes that all its receivers share, with
// the few places that differ per receiver. Built once (header_builder.h, empty_packet.h), patched
// per receiver by write_header. The group's own values of the patched fields stand beside the
// bytes, so that patching never reads what the copy has just written.
struct HeaderTemplate {
    static constexpr std::size_t kBlock = 32;  // write_header copies whole blocks
    static constexpr std::size_t kMaxSize =
        320;  // with 62 bytes of layers 2 to 4: one 384-byte mbuf

    std::uint16_t size = 0;      // header, extensions and payload descriptor bytes
    std::uint16_t sequence = 0;  // n - dropped(n): low 16 bits
    std::uint32_t timestamp = 0;
    // Offsets of what is patched; 0: not there (no patched field lies at offset 0).
    std::uint16_t descriptor_at = 0;  // dependency descriptor: its first byte
    std::uint16_t picture_id_at = 0;
    std::uint16_t tl0_pic_idx_at = 0;
    std::uint16_t key_idx_at = 0;  // VP8: the byte with TID, Y and KEYIDX
    std::uint16_t frame_number = 0;
    std::uint16_t picture_id = 0;
    std::uint8_t template_byte = 0;        // start, end, template id (low 6 bits)
    bool has_structure = false;            // template_id_offset stands at bit 29 of the descriptor
    std::uint8_t structure_id_offset = 0;  // its 6 bits
    std::uint8_t picture_id_bits = 0;      // 7 or 15
    std::uint8_t tl0_pic_idx = 0;
    std::uint8_t key_idx_byte = 0;
    bool patched = false;  // any of the fields above
    bool stamped = false;  // either of the two below, see stamp_header
    std::uint8_t mid_size = 0;
    std::uint16_t mid_at = 0;                 // 0: not there
    std::uint16_t transport_sequence_at = 0;  // of the transport-wide number, 0: not there
    alignas(kBlock) std::array<std::uint8_t, kMaxSize> bytes{};
};

namespace detail {

// Dependency descriptor, AV1 RTP payload specification, appendix A.8.2:
//   byte 0: start_of_frame(1) end_of_frame(1) frame_dependency_template_id(6)
//   bytes 1..2: frame_number
//   bits 24..28: flags; with a structure, bits 29..34: template_id_offset
inline void patch_descriptor(const HeaderTemplate& t, const ReceiverOffsets& r, std::uint8_t* at) {
    at[0] = static_cast<std::uint8_t>((t.template_byte & 0xc0) |
                                      ((t.template_byte + r.template_id_shift) & 0x3f));
    store_be16(at + 1, static_cast<std::uint16_t>(t.frame_number + r.frame_number));
    if (!t.has_structure) return;
    const unsigned id_offset = (t.structure_id_offset + r.template_id_shift) & 0x3fu;
    at[3] = static_cast<std::uint8_t>((at[3] & 0xf8) | (id_offset >> 3));
    at[4] = static_cast<std::uint8_t>((at[4] & 0x1f) | ((id_offset & 7) << 5));
}

// VP8 and VP9 payload descriptors, RFC 7741 section 4.2, RFC 9628 section 4.2. The picture id keeps
// its width: 7 bits in a byte with the top bit clear, 15 bits in two with the top bit set (C23).
inline void patch_picture(const HeaderTemplate& t, const ReceiverOffsets& r, std::uint8_t* out) {
    if (t.picture_id_at != 0) {
        const auto id = static_cast<std::uint16_t>(t.picture_id + r.picture_id);
        if (t.picture_id_bits == 15)
            store_be16(out + t.picture_id_at, static_cast<std::uint16_t>(id | 0x8000));
        else
            out[t.picture_id_at] = static_cast<std::uint8_t>(id & 0x7f);
    }
    if (t.tl0_pic_idx_at != 0)
        out[t.tl0_pic_idx_at] = static_cast<std::uint8_t>(t.tl0_pic_idx + r.tl0_pic_idx);
    if (t.key_idx_at != 0)
        out[t.key_idx_at] = static_cast<std::uint8_t>((t.key_idx_byte & 0xe0) |
                                                      ((t.key_idx_byte + r.key_idx) & 0x1f));
}

}  // namespace detail

// What stamp_header puts into one receiver's packets.
struct HopStamp {
    std::array<std::uint8_t, kMaxMidSize> mid{};
    std::uint16_t* transport_sequence = nullptr;  // its transport's next number
};

// After write_header and last of all, of a packet that will be sent: what belongs to this hop (C29,
// C37). Only where `t.stamped`.
inline void stamp_header(const HeaderTemplate& t, const HopStamp& stamp, std::uint8_t* out) {
    if (t.mid_at != 0) std::memcpy(out + t.mid_at, stamp.mid.data(), t.mid_size);
    if (t.transport_sequence_at != 0)
        store_be16(out + t.transport_sequence_at, (*stamp.transport_sequence)++);
}

// Writes `t` for one receiver to `out`: t.size bytes count, but `out` needs room for kMaxSize,
// since whole blocks are copied. In the header, because a call would cost as much as the work.
// budget: 15 ns/receiver at 64 bytes, bench/micro/write_header
inline void write_header(const HeaderTemplate& t, const ReceiverOffsets& receiver,
                         std::uint8_t* out) {
    constexpr std::size_t kBlock = HeaderTemplate::kBlock;
    std::memcpy(out, t.bytes.data(), kBlock);
    for (std::size_t at = kBlock; at < t.size; at += kBlock)
        std::memcpy(out + at, t.bytes.data() + at, kBlock);
    store_be16(out + 2, static_cast<std::uint16_t>(t.sequence + receiver.sequence));
    store_be32(out + 4, t.timestamp + receiver.timestamp);
    store_be32(out + 8, receiver.ssrc);
    if (!t.patched) return;
    if (t.descriptor_at != 0) detail::patch_descriptor(t, receiver, out + t.descriptor_at);
    detail::patch_picture(t, receiver, out);
}

}  // namespace strata::relay

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "relay/rewrite/header_profile.h"
#include "relay/rewrite/header_request.h"
#include "relay/rewrite/header_template.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/packet.h"

// Pieces of header_builder.h that are done in line: all that most packets need.
namespace strata::relay {

constexpr std::uint8_t kVersion2 = 0x80;  // RFC 3550 section 5.1
constexpr std::uint8_t kMarkerBit = 0x80;

// Bytes of the codec's payload descriptor up to the last one that is patched. Picture id, TL0PICIDX
// and KEYIDX follow one another.
[[gnu::always_inline]] inline std::size_t patched_descriptor_size(const PacketInfo& info) {
    const auto end = [](const auto& codec) -> std::size_t {
        if (codec.has_tl0_pic_idx) return codec.tl0_pic_idx_offset + 1u;
        if (codec.picture_id_bits == 0) return 0;
        return codec.picture_id_offset + (codec.picture_id_bits == 15 ? 2u : 1u);
    };
    std::size_t size = 0;
    if (info.codec == Codec::vp8)
        size = info.vp8.has_key_idx ? info.vp8.tid_key_idx_offset + 1u : end(info.vp8);
    else if (info.codec == Codec::vp9)
        size = end(info.vp9);
    return size <= info.payload_size ? size : 0;
}

// Notes where picture id, TL0PICIDX and KEYIDX stand; the payload descriptor begins at `at`.
// Returns what receivers differ in by them, which isn't told from what was stored just now: a load
// of several of these places in one piece would wait for the cache.
[[gnu::always_inline]] inline HeaderPatch note_picture_places(const HeaderRequest& request,
                                                              std::size_t at, HeaderTemplate& out) {
    const PacketInfo& info = request.info;
    const auto place = [at](std::size_t offset) { return static_cast<std::uint16_t>(at + offset); };
    const auto note_numbers = [&](const auto& codec) {
        if (codec.picture_id_bits != 0) {
            const std::int64_t id = request.picture_id >= 0 ? request.picture_id : codec.picture_id;
            out.picture_id_at = place(codec.picture_id_offset);
            out.picture_id_bits = codec.picture_id_bits;
            out.picture_id = static_cast<std::uint16_t>(id);
        }
        if (!codec.has_tl0_pic_idx) return;
        out.tl0_pic_idx_at = place(codec.tl0_pic_idx_offset);
        out.tl0_pic_idx = codec.tl0_pic_idx;
    };
    if (info.codec != Codec::vp8) {
        note_numbers(info.vp9);
        return picture_patch(info.vp9.picture_id_bits, info.vp9.has_tl0_pic_idx);
    }
    note_numbers(info.vp8);
    if (info.vp8.has_key_idx) {
        out.key_idx_at = place(info.vp8.tid_key_idx_offset);
        out.key_idx_byte = out.bytes[out.key_idx_at];
    }
    return picture_patch(info.vp8.picture_id_bits,
                         info.vp8.has_tl0_pic_idx || info.vp8.has_key_idx);
}

[[gnu::always_inline]] inline void put_fixed_header(const HeaderRequest& request,
                                                    std::uint8_t payload_type,
                                                    HeaderTemplate& out) {
    const PacketInfo& info = request.info;
    out.sequence = request.sequence;
    out.timestamp = info.timestamp.value;
    out.descriptor_at = out.picture_id_at = out.tl0_pic_idx_at = out.key_idx_at = 0;
    out.has_structure = false;
    const bool marker = info.marker || request.end_of_picture;
    store_be16(out.bytes.data(),
               static_cast<std::uint16_t>((kVersion2 | info.csrc_count) << 8 | payload_type |
                                          (marker ? kMarkerBit : 0)));
}

// And not in the fixed header or its CSRCs.
inline bool payload_lies_inside(const PacketInfo& info, std::size_t packet_size) {
    return std::size_t{info.payload_offset} + info.payload_size <= packet_size &&
           info.payload_offset >= kRtpHeaderSize + info.csrc_count * 4u;
}

// Payload that the first block of a template has room for behind a header without extensions: more
// than payload descriptors up to their last patched byte.
constexpr std::size_t kBareRoom = HeaderTemplate::kBlock - kRtpHeaderSize;

// Whether the header is nothing but its fixed part, and what is patched of the payload.
inline bool is_bare(const PacketInfo& info, const HeaderProfile& profile) {
    return info.extension_count == 0 && info.csrc_count == 0 && info.red_offset == 0 &&
           info.payload_size >= kBareRoom && !profile.stamps();
}

// All of such a header. Its block is stored in the pieces that HeaderWriter loads.
[[gnu::always_inline]] inline PayloadRange build_bare_header(const HeaderRequest& request,
                                                             std::uint8_t payload_type,
                                                             HeaderTemplate& out) {
    put_fixed_header(request, payload_type, out);
    const PacketInfo& info = request.info;
    constexpr std::size_t kFirst = 4;
    const std::uint8_t* const payload = request.packet.data() + info.payload_offset;
    std::uint8_t* const to = out.bytes.data() + kRtpHeaderSize;
    out.mid_at = out.transport_sequence_at = 0;
    out.stamped = false;
    out.patch = HeaderPatch::none;
    std::memcpy(to, payload, kFirst);
    std::memcpy(to + kFirst, payload + kFirst, kBareRoom - kFirst);
    const std::size_t descriptor_size = patched_descriptor_size(info);
    out.size = static_cast<std::uint16_t>(kRtpHeaderSize + descriptor_size);
    if (descriptor_size != 0) out.patch = note_picture_places(request, kRtpHeaderSize, out);
    return {static_cast<std::uint16_t>(info.payload_offset + descriptor_size),
            static_cast<std::uint16_t>(info.payload_size - descriptor_size)};
}

}  // namespace strata::relay

#include "relay/rewrite/header_builder.h"

#include <algorithm>
#include <cstring>

#include "relay/rewrite/extension_block.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/packet.h"

namespace strata::relay {

namespace {

constexpr std::uint8_t kVersion2 = 0x80;  // RFC 3550 section 5.1
constexpr std::uint8_t kMarkerBit = 0x80;
constexpr std::size_t kMaxRedBlocks = 8;  // RFC 2198; more than anybody sends

// Bytes of the codec's payload descriptor up to the last one that is patched.
std::size_t patched_descriptor_size(const PacketInfo& info) {
    std::size_t end = 0;
    const auto reach = [&end](bool present, std::size_t at, std::size_t size) {
        if (present) end = std::max(end, at + size);
    };
    if (info.codec == Codec::vp8) {
        reach(info.vp8.picture_id_bits != 0, info.vp8.picture_id_offset,
              info.vp8.picture_id_bits == 15 ? 2 : 1);
        reach(info.vp8.has_tl0_pic_idx, info.vp8.tl0_pic_idx_offset, 1);
        reach(info.vp8.has_key_idx, info.vp8.tid_key_idx_offset, 1);
    } else if (info.codec == Codec::vp9) {
        reach(info.vp9.picture_id_bits != 0, info.vp9.picture_id_offset,
              info.vp9.picture_id_bits == 15 ? 2 : 1);
        reach(info.vp9.has_tl0_pic_idx, info.vp9.tl0_pic_idx_offset, 1);
    }
    return end <= info.payload_size ? end : 0;
}

// Notes where picture id, TL0PICIDX and KEYIDX stand; the payload descriptor begins at `at`.
void note_picture_places(const HeaderRequest& request, std::size_t at, HeaderTemplate& out) {
    const PacketInfo& info = request.info;
    const auto place = [at](std::size_t offset) { return static_cast<std::uint16_t>(at + offset); };
    const auto note_id = [&](std::int32_t id, std::uint8_t bits, std::uint8_t offset) {
        if (bits == 0) return;
        out.picture_id_at = place(offset);
        out.picture_id_bits = bits;
        out.picture_id =
            static_cast<std::uint16_t>(request.picture_id >= 0 ? request.picture_id : id);
    };
    const auto note_tl0 = [&](bool present, std::uint8_t value, std::uint8_t offset) {
        if (!present) return;
        out.tl0_pic_idx_at = place(offset);
        out.tl0_pic_idx = value;
    };
    if (info.codec == Codec::vp8) {
        note_id(info.vp8.picture_id, info.vp8.picture_id_bits, info.vp8.picture_id_offset);
        note_tl0(info.vp8.has_tl0_pic_idx, info.vp8.tl0_pic_idx, info.vp8.tl0_pic_idx_offset);
        if (info.vp8.has_key_idx) {
            out.key_idx_at = place(info.vp8.tid_key_idx_offset);
            out.key_idx_byte = out.bytes[out.key_idx_at];
        }
    } else {
        note_id(info.vp9.picture_id, info.vp9.picture_id_bits, info.vp9.picture_id_offset);
        note_tl0(info.vp9.has_tl0_pic_idx, info.vp9.tl0_pic_idx, info.vp9.tl0_pic_idx_offset);
    }
}

// Writes the extension block at `at` and notes the places of what is patched or stamped in it;
// returns the size of the header so far, 0 when it doesn't fit.
std::size_t put_extensions(const HeaderRequest& request, const HeaderProfile& profile,
                           std::size_t at, HeaderTemplate& out) {
    const auto block =
        write_extension_block(request.packet, request.info, profile, request.descriptor_mask,
                              std::span(out.bytes).subspan(at));
    if (!block) return 0;
    if (block->size != 0) out.bytes[0] |= kExtensionBit;
    note_stamps(*block, profile, at, out);
    if (block->descriptor_at != 0) {
        const std::uint8_t* descriptor = out.bytes.data() + at + block->descriptor_at;
        out.descriptor_at = static_cast<std::uint16_t>(at + block->descriptor_at);
        out.template_byte = descriptor[0];
        out.frame_number = load_be16(descriptor + 1);
        out.has_structure = block->descriptor_size > 4 && (descriptor[3] & 0x80) != 0;
        if (out.has_structure)
            out.structure_id_offset =
                static_cast<std::uint8_t>((descriptor[3] & 7) << 3 | descriptor[4] >> 5);
    }
    return at + block->size;
}

//   each block but the last: | F=1 | block PT(7) | timestamp offset(14) | block length(10)
//   the last:                | F=0 | block PT(7)
// Size of all block headers, 0 when they don't end.
std::size_t red_header_size(std::span<const std::uint8_t> red) {
    std::size_t at = 0;
    for (std::size_t block = 0; block < kMaxRedBlocks && at < red.size(); ++block) {
        if ((red[at] & 0x80) == 0) return at + 1;
        at += 4;
    }
    return 0;
}

// Copies the RED block headers to `at`, all blocks under the leg's media payload type; the payload
// starts behind them. Returns their size, 0: RED can't be kept.
std::size_t put_red_header(const HeaderRequest& request, const HeaderProfile& profile,
                           std::size_t at, HeaderTemplate& out) {
    const std::size_t begin = request.info.red_offset;
    const std::size_t end = std::size_t{request.info.payload_offset} + request.info.payload_size;
    const std::size_t size = red_header_size(request.packet.subspan(begin, end - begin));
    if (size > HeaderTemplate::kMaxSize - at) return 0;
    for (std::size_t i = 0; i < size; ++i) out.bytes[at + i] = request.packet[begin + i];
    for (std::size_t i = 0; i < size; i += 4)
        out.bytes[at + i] =
            static_cast<std::uint8_t>((out.bytes[at + i] & 0x80) | profile.payload_type);
    return size;
}

void put_fixed_header(const HeaderRequest& request, std::uint8_t payload_type,
                      HeaderTemplate& out) {
    const PacketInfo& info = request.info;
    const std::size_t csrc_size = info.csrc_count * 4u;
    out.size = 0;
    out.sequence = request.sequence;
    out.timestamp = info.timestamp.value;
    out.descriptor_at = out.picture_id_at = out.tl0_pic_idx_at = out.key_idx_at = 0;
    out.has_structure = false;
    out.bytes[0] = kVersion2 | info.csrc_count;
    out.bytes[1] = payload_type;
    if (info.marker || request.end_of_picture) out.bytes[1] |= kMarkerBit;
    std::memcpy(out.bytes.data() + kRtpHeaderSize, request.packet.data() + kRtpHeaderSize,
                csrc_size);
}

}  // namespace

std::optional<PayloadRange> build_header(const HeaderRequest& request, const HeaderProfile& profile,
                                         HeaderTemplate& out) {
    const PacketInfo& info = request.info;
    const std::size_t payload_end = std::size_t{info.payload_offset} + info.payload_size;
    if (payload_end > request.packet.size() ||
        info.payload_offset < kRtpHeaderSize + info.csrc_count * 4u)
        return std::nullopt;
    put_fixed_header(request, profile.payload_type, out);
    std::size_t at = put_extensions(request, profile, kRtpHeaderSize + info.csrc_count * 4u, out);
    if (at == 0) return std::nullopt;

    std::size_t payload_begin = info.payload_offset;
    std::size_t descriptor_size = patched_descriptor_size(info);
    if (info.red_offset != 0 && profile.red_payload_type != 0) {
        const std::size_t red_size = put_red_header(request, profile, at, out);
        const bool single_block = red_size == 1;
        // A descriptor that must be patched can't lie behind redundant blocks: then it is
        // unwrapped.
        if (single_block || (red_size > 1 && descriptor_size == 0)) {
            out.bytes[1] =
                static_cast<std::uint8_t>((out.bytes[1] & kMarkerBit) | profile.red_payload_type);
            at += red_size;
            payload_begin = info.red_offset + red_size;
        }
    }
    if (descriptor_size > HeaderTemplate::kMaxSize - at) return std::nullopt;
    std::memcpy(out.bytes.data() + at, request.packet.data() + payload_begin, descriptor_size);
    if (descriptor_size != 0) note_picture_places(request, at, out);
    payload_begin += descriptor_size;
    out.size = static_cast<std::uint16_t>(at + descriptor_size);
    out.patch = patch_of(out);
    return PayloadRange{static_cast<std::uint16_t>(payload_begin),
                        static_cast<std::uint16_t>(payload_end - payload_begin)};
}

}  // namespace strata::relay

#include "relay/rewrite/header_builder.h"

#include <algorithm>
#include <cstring>

#include "relay/rewrite/extension_block.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/packet.h"

namespace strata::relay {

namespace {

constexpr std::size_t kMaxRedBlocks = 8;  // RFC 2198; more than anybody sends

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

}  // namespace

std::optional<PayloadRange> build_header(const HeaderRequest& request, const HeaderProfile& profile,
                                         HeaderTemplate& out) {
    const PacketInfo& info = request.info;
    if (!payload_lies_inside(info, request.packet.size())) return std::nullopt;
    if (is_bare(info, profile)) return build_bare_header(request, profile.payload_type, out);
    const std::size_t payload_end = std::size_t{info.payload_offset} + info.payload_size;
    put_fixed_header(request, profile.payload_type, out);
    out.size = 0;
    const std::size_t fixed = kRtpHeaderSize + info.csrc_count * 4u;
    std::memcpy(out.bytes.data() + kRtpHeaderSize, request.packet.data() + kRtpHeaderSize,
                fixed - kRtpHeaderSize);
    std::size_t at = put_extensions(request, profile, fixed, out);
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
    const HeaderPatch picture =
        descriptor_size != 0 ? note_picture_places(request, at, out) : HeaderPatch::none;
    payload_begin += descriptor_size;
    out.size = static_cast<std::uint16_t>(at + descriptor_size);
    out.patch = patch_of(out, picture);
    return PayloadRange{static_cast<std::uint16_t>(payload_begin),
                        static_cast<std::uint16_t>(payload_end - payload_begin)};
}

}  // namespace strata::relay

#include "relay/svc/frame_kinds.h"

namespace strata::relay {
namespace {

// What VP8's and VP9's payload descriptors count pictures by (RFC 7741 section 4.2, RFC 9628
// section 4.2). The bit that tells how long the picture id is stays.
template <typename Codec>
void ignore_picture(PacketHead& mask, std::size_t payload, const Codec& codec) {
    if (codec.picture_id >= 0) {
        mask.clear(payload + codec.picture_id_offset, 0x7f);
        if (codec.picture_id_bits == 15) mask.clear(payload + codec.picture_id_offset + 1, 0xff);
    }
    if (codec.has_tl0_pic_idx) mask.clear(payload + codec.tl0_pic_idx_offset, 0xff);
}

constexpr std::uint8_t kKeyIdx = 0x1f;     // RFC 7741 section 4.2
constexpr std::uint8_t kVp8NotKey = 0x01;  // P, section 4.3

}  // namespace

bool FrameKindLayout::ignore_numbers(PacketHead& head, const PacketInfo& info, bool by_descriptor,
                                     bool encrypted) {
    mask.pieces[0] &= PacketHead::kNoTimestamp;
    const std::size_t payload = info.payload_offset;
    if (info.codec == Codec::vp9) ignore_picture(mask, payload, info.vp9);
    if (info.codec == Codec::vp8) {
        ignore_picture(mask, payload, info.vp8);
        if (info.vp8.has_key_idx) mask.clear(payload + info.vp8.tid_key_idx_offset, kKeyIdx);
        const std::size_t header = payload + info.descriptor_size;
        if (!encrypted) {
            if (header >= PacketHead::kBytes) return false;
            mask.set(header, kVp8NotKey);
            head.set(header, kVp8NotKey);
        }
        id_at = static_cast<std::uint8_t>(payload + info.vp8.picture_id_offset);
        id_bits = info.vp8.picture_id_bits;
    }
    if (by_descriptor) {
        id_at =
            static_cast<std::uint8_t>(info.find(ExtensionKind::dependency_descriptor)->offset + 1);
        id_bits = 16;
        mask.clear(id_at, 0xff);
        mask.clear(id_at + std::size_t{1}, 0xff);
    }
    for (std::size_t i = 0; i < PacketHead::kPieces; ++i) head.pieces[i] &= mask.pieces[i];
    return id_bits != 0;
}

std::uint8_t FrameKinds::place_for(std::span<const std::uint8_t> packet) {
    constexpr std::uint8_t kEvery = 16;
    for (std::uint8_t at = 0; at < count_; ++at)
        if (kinds_[at].head.is_of(packet, layout_.mask)) return at;
    if (fruitless_ >= kPatience && ++refused_ % kEvery != 0) return kNone;
    return next_;
}

void FrameKinds::keep(std::uint8_t place, const FrameKind& kind, const FrameKindLayout& layout) {
    if (!layout.is(layout_)) {
        forget();
        layout_ = layout;
        place = next_;
    }
    kinds_[place] = kind;
    if (place != next_) return;
    next_ = static_cast<std::uint8_t>((next_ + 1) % kKinds);
    if (count_ < kKinds) ++count_;
    if (fruitless_ < kPatience) ++fruitless_;
}

}  // namespace strata::relay

#include "relay/svc/frame_rest.h"

#include "relay/rtp/packet.h"

namespace strata::relay {
namespace {

constexpr std::size_t kHeadBytes = FrameRest::kHeadBytes;

// Those from n on mask n bytes.
constexpr std::array<std::uint8_t, 2 * kHeadBytes> kMasks = [] {
    std::array<std::uint8_t, 2 * kHeadBytes> masks{};
    for (std::size_t i = 0; i < kHeadBytes; ++i) masks[i] = 0xff;
    return masks;
}();

// Whether packets of one frame have it with different values.
bool varies(ExtensionKind kind) {
    return kind == ExtensionKind::transport_cc || kind == ExtensionKind::abs_send_time ||
           kind == ExtensionKind::transmission_offset;
}

// Payload bytes that have to be alike, but for a frame's edges; -1: it isn't known which.
int alike_bytes(const PacketInfo& info) {
    switch (info.codec) {
        case Codec::vp8:
        case Codec::vp9: return info.descriptor_size;
        case Codec::av1: return info.descriptor_size;  // 0: encrypted
        case Codec::opaque: return 0;
        case Codec::h264:
        case Codec::h264_svc:
        case Codec::opus: break;
    }
    return -1;
}

}  // namespace

// Of a byte that stands within the head.
void FrameRest::ignore(std::size_t at, std::uint8_t bits) {
    mask_.clear(at, bits);
    head_.clear(at, bits);
}

void FrameRest::expect_clear(std::size_t at, std::uint8_t bits) { head_.clear(at, bits); }

void FrameRest::expect(std::span<const std::uint8_t> packet, const PacketInfo& info,
                       bool by_descriptor, MediaDrop why) {
    stop();
    const int alike = alike_bytes(info);
    const std::size_t end = info.payload_offset + static_cast<std::size_t>(alike);
    if (alike < 0 || end > kHeadBytes || packet.size() < kHeadBytes) return;
    // RFC 5761 section 4: with a marker these would be RTCP.
    if (info.payload_type >= 64 && info.payload_type <= 95) return;
    if (info.key_frame || info.padding || info.csrc_count != 0 || info.red_offset != 0) return;
    const bool known = knows_kinds();
    const Layout before = known ? layout() : Layout{};
    // In whole pieces first: what is done to single bytes behind that needn't be loaded as one
    // here.
    std::memcpy(&mask_, kMasks.data() + (kHeadBytes - end), kHeadBytes);
    mask_.pieces[0] &= PacketHead::kNoMarkerNoNumber;
    head_ = PacketHead::of(packet, mask_);
    for (std::size_t i = 0; i < info.extension_count; ++i) {
        const ExtensionLocation& at = info.extensions[i];
        if (!varies(at.kind)) continue;
        for (std::size_t j = 0; j < at.size; ++j) ignore(at.offset + j, 0xff);
    }

    // Begin and end of the frame: the first can't come again, the second is noted.
    end_at_ = 1;
    end_bit_ = 0x80;
    const std::size_t payload = info.payload_offset;
    if (info.codec == Codec::vp8) expect_clear(payload, 0x10);  // S
    if (info.codec == Codec::vp9) {
        expect_clear(payload, 0x08);  // B
        ignore(payload, 0x04);        // E
        end_at_ = static_cast<std::uint8_t>(payload);
        end_bit_ = 0x04;
    }
    if (info.codec == Codec::av1 && alike != 0) {
        ignore(payload, 0xf7);  // speaks of OBUs, but for N
        expect_clear(payload, 0x08);
    }
    if (by_descriptor) {
        const std::size_t at = info.find(ExtensionKind::dependency_descriptor)->offset;
        expect_clear(at, 0x80);
        ignore(at, 0x40);
        end_at_ = static_cast<std::uint8_t>(at);
        end_bit_ = 0x40;
    }
    const ExtensionLocation* numbers = info.find(ExtensionKind::transport_cc);
    transport_cc_at_ =
        numbers != nullptr && numbers->size == 2 ? static_cast<std::uint8_t>(numbers->offset) : 0;
    extensions_ignored_ = info.extensions_ignored;
    timestamp_ = info.timestamp;
    next_ = info.sequence + 1;
    head_bytes_ = static_cast<std::uint8_t>(end);
    why_ = why;
    longest_ = kMaxRtpPacketSize;
    if (known && !before.is(layout())) begins_ = {};
}

bool FrameRest::describe(PacketHead& mask, PacketHead& head, std::span<const std::uint8_t> packet,
                         std::uint8_t place) {
    if (!expects()) return false;
    mask = mask_;
    head = PacketHead::of(packet, mask_);
    std::array<PacketHead::Bits, 2> begins{};
    std::size_t count = 0;
    for (std::size_t at = 0; at < kHeadBytes; ++at) {
        const auto more = static_cast<std::uint8_t>(head.byte(at) & ~head_.byte(at));
        if (more == 0) continue;
        if (count == begins.size()) return false;
        begins[count++] = {static_cast<std::uint8_t>(at), more};
    }
    if (count == 0) return false;
    begins_ = begins;
    kind_ = place;
    return true;
}

void FrameRest::begin(std::span<const std::uint8_t> packet, TimeUs now) {
    head_ = PacketHead::of_without(packet, mask_, begins_);
    timestamp_ = {load_be32(&packet[4])};
    next_ = sequence_of(packet) + 1;
    longest_ = kMaxRtpPacketSize;
    ++count_;
    ended_ = ends(packet);
    last_at_ = now;
}

}  // namespace strata::relay

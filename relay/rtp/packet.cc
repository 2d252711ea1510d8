#include "relay/rtp/packet.h"

#include <cstddef>
#include <cstring>

#include "relay/codec/av1.h"
#include "relay/codec/dependency_descriptor.h"
#include "relay/codec/h264.h"
#include "relay/codec/opus.h"
#include "relay/codec/red.h"
#include "relay/codec/vp8.h"
#include "relay/codec/vp9.h"
#include "relay/rtp/byte_order.h"

namespace strata::relay {
namespace {

constexpr std::uint16_t kOneByteProfile = 0xBEDE;  // RFC 8285 section 4.2
constexpr std::uint16_t kTwoByteProfile = 0x1000;  // RFC 8285 section 4.3, low 4 bits: appbits

using Bytes = std::span<const std::uint8_t>;

// By a copy from memory: a temporary would be zeroed by a string instruction first, and then be
// copied just as well. Each codec's reader clears what it fills.
constinit const PacketInfo kNothingRead{};
void clear(PacketInfo& info) {
    std::memcpy(static_cast<void*>(&info), &kNothingRead, offsetof(PacketInfo, vp8));
}

void ignore_extension(PacketInfo& info) {
    if (info.extensions_ignored < 255) ++info.extensions_ignored;
}

[[gnu::always_inline]] inline void add_extension(const ExtensionMap& map, std::uint8_t id,
                                                 std::size_t offset, std::uint8_t size,
                                                 PacketInfo& info) {
    const ExtensionKind kind = map.kind(id);
    const std::size_t place = info.extension_count;
    if (kind == ExtensionKind::none || place == kMaxExtensions) return ignore_extension(info);
    info.extensions[place] = {kind, id, static_cast<std::uint16_t>(offset), size};
    info.extension_count = static_cast<std::uint8_t>(place + 1);
    std::uint8_t& first = info.first_of[static_cast<std::size_t>(kind)];
    if (first == 0) first = static_cast<std::uint8_t>(place + 1);
}

//   0                   1
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |  ID   | len-1 |     data …    |    RFC 8285 section 4.2; a zero byte is padding
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
void read_one_byte_elements(Bytes packet, std::size_t at, std::size_t end, const ExtensionMap& map,
                            PacketInfo& info) {
    while (at < end) {
        const std::uint8_t head = packet[at++];
        if (head == 0) continue;
        const auto id = static_cast<std::uint8_t>(head >> 4);
        const auto size = static_cast<std::uint8_t>((head & 15) + 1);
        // Id 15, and id 0 with a length, end the processing of the block.
        if (id == 15 || id == 0 || size > end - at) return ignore_extension(info);
        add_extension(map, id, at, size, info);
        at += size;
    }
}

//   0                   1
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |       ID      |     length    |    RFC 8285 section 4.3; an ID of zero is one byte of padding
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
void read_two_byte_elements(Bytes packet, std::size_t at, std::size_t end, const ExtensionMap& map,
                            PacketInfo& info) {
    while (at < end) {
        const std::uint8_t id = packet[at++];
        if (id == 0) continue;
        if (at == end || packet[at] > end - at - 1) return ignore_extension(info);
        const std::uint8_t size = packet[at++];
        add_extension(map, id, at, size, info);
        at += size;
    }
}

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |      defined by profile       |    length in 32-bit words     |   RFC 3550 section 5.3.1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// Returns the offset behind the block, 0 when it overruns the packet.
std::size_t read_extensions(Bytes packet, std::size_t at, const ExtensionMap& map,
                            PacketInfo& info) {
    if (packet.size() - at < 4) return 0;
    const std::uint16_t profile = load_be16(&packet[at]);
    const std::size_t size = std::size_t{load_be16(&packet[at + 2])} * 4;
    at += 4;
    if (packet.size() - at < size) return 0;
    info.extension_profile = profile;
    if (profile == kOneByteProfile)
        read_one_byte_elements(packet, at, at + size, map, info);
    else if ((profile & 0xFFF0) == kTwoByteProfile)
        read_two_byte_elements(packet, at, at + size, map, info);
    return at + size;
}

//   0 1 2 3 4 5 6 7
//  +-+-+-+-+-+-+-+-+
//  |V|   level     |   RFC 6464 section 3; the two-byte form may add a byte of padding
//  +-+-+-+-+-+-+-+-+
void read_audio_level(Bytes packet, PacketInfo& info) {
    const ExtensionLocation* level = info.find(ExtensionKind::audio_level);
    if (!level || level->size == 0) return;
    info.audio_level_known = true;
    info.voice_activity = (packet[level->offset] & 0x80) != 0;
    info.audio_level_dbov = packet[level->offset] & 0x7F;
}

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                           timestamp                           |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |           synchronization source (SSRC) identifier            |
//  +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
//  |            contributing source (CSRC) identifiers             |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
void read_fixed_header(Bytes packet, PacketInfo& info) {
    info.padding = (packet[0] & 0x20) != 0;
    info.csrc_count = packet[0] & 15;
    info.marker = (packet[1] & 0x80) != 0;
    info.payload_type = packet[1] & 0x7F;
    info.sequence = {load_be16(&packet[2])};
    info.timestamp = {load_be32(&packet[4])};
    info.ssrc = {load_be32(&packet[8])};
}

bool unwrap_red(Bytes packet, PacketInfo& info) {
    RedPrimary primary;
    if (!find_red_primary(packet.subspan(info.payload_offset, info.payload_size), primary))
        return false;
    info.red_offset = info.payload_offset;
    info.red_payload_type = info.payload_type;
    info.payload_type = primary.payload_type;
    info.payload_offset = static_cast<std::uint16_t>(info.payload_offset + primary.offset);
    info.payload_size = static_cast<std::uint16_t>(info.payload_size - primary.offset);
    return true;
}

bool read_payload(Bytes payload, bool encrypted, PacketInfo& info) {
    switch (info.codec) {
        case Codec::vp8: return parse_vp8(payload, encrypted, info);
        case Codec::vp9: return parse_vp9(payload, info);
        case Codec::av1: return parse_av1(payload, encrypted, info);
        case Codec::h264:
        case Codec::h264_svc: return parse_h264(payload, encrypted, info);
        case Codec::opus: return parse_opus(payload, info);
        case Codec::opaque: info.ends_frame = info.marker; return true;
    }
    return true;
}

// The dependency descriptor's mandatory part tells begin and end of a layer frame for any codec,
// and an attached structure a key frame: C9 lets it stand nowhere else.
void read_frame_edges(Bytes packet, PacketInfo& info) {
    const ExtensionLocation* descriptor = info.find(ExtensionKind::dependency_descriptor);
    if (!descriptor || descriptor->size < kMandatoryDescriptorSize) return;
    const std::uint8_t* bytes = &packet[descriptor->offset];
    info.starts_frame = (bytes[0] & 0x80) != 0;
    info.ends_frame = (bytes[0] & 0x40) != 0;
    const bool has_structure = descriptor->size > kMandatoryDescriptorSize &&
                               (bytes[kMandatoryDescriptorSize] & 0x80) != 0;
    info.key_frame = info.starts_frame && (has_structure || info.key_frame);
}

[[gnu::always_inline]] inline ParseError read_header(Bytes packet, const ExtensionMap& extensions,
                                                     PacketInfo& info) {
    clear(info);
    if (packet.size() < kRtpHeaderSize) return ParseError::too_short;
    if (packet.size() > kMaxRtpPacketSize) return ParseError::too_long;
    if (packet[0] >> 6 != 2) return ParseError::bad_version;
    read_fixed_header(packet, info);

    std::size_t at = kRtpHeaderSize + std::size_t{info.csrc_count} * 4;
    if (packet.size() < at) return ParseError::truncated_csrcs;
    if (packet[0] & 0x10) {
        at = read_extensions(packet, at, extensions, info);
        if (at == 0) return ParseError::truncated_extension;
        read_audio_level(packet, info);
    }
    info.payload_offset = static_cast<std::uint16_t>(at);

    std::size_t size = packet.size() - at;
    if (info.padding) {
        // The last byte counts itself: RFC 3550 section 5.1.
        const std::uint8_t padding = size > 0 ? packet.back() : 0;
        if (padding == 0 || padding > size) return ParseError::bad_padding;
        info.padding_size = padding;
        size -= padding;
    }
    info.payload_size = static_cast<std::uint16_t>(size);
    return ParseError::none;
}

}  // namespace

std::string_view parse_error_name(ParseError error) {
    static constexpr std::array<std::string_view, static_cast<std::size_t>(ParseError::kCount)>
        kNames = {"none",
                  "too_short",
                  "too_long",
                  "bad_version",
                  "truncated_csrcs",
                  "truncated_extension",
                  "bad_padding",
                  "unknown_payload_type",
                  "bad_red",
                  "bad_descriptor"};
    const auto index = static_cast<std::size_t>(error);
    return index < kNames.size() ? kNames[index] : "unknown";
}

ParseError parse_header(Bytes packet, const ExtensionMap& extensions, PacketInfo& info) {
    return read_header(packet, extensions, info);
}

ParseError parse_packet(Bytes packet, const PacketParser& parser, PacketInfo& info) {
    const ParseError error = read_header(packet, parser.extensions, info);
    if (error != ParseError::none) return error;
    PayloadFormat format = parser.payload_types[info.payload_type];
    if (format.role == PayloadRole::red) {
        if (info.payload_size == 0) return ParseError::none;  // padding only
        if (!unwrap_red(packet, info)) return ParseError::bad_red;
        format = parser.payload_types[info.payload_type];
        if (format.role == PayloadRole::red || format.role == PayloadRole::rtx)
            return ParseError::bad_red;
    }
    if (format.role == PayloadRole::unknown) return ParseError::unknown_payload_type;
    info.codec = format.codec;
    info.rtx = format.role == PayloadRole::rtx;
    if (info.rtx || info.payload_size == 0) return ParseError::none;

    const Bytes payload = packet.subspan(info.payload_offset, info.payload_size);
    if (!read_payload(payload, parser.end_to_end_encrypted, info))
        return ParseError::bad_descriptor;
    read_frame_edges(packet, info);
    return ParseError::none;
}

}  // namespace strata::relay

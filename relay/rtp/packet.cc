#include "relay/rtp/packet.h"

#include "relay/rtp/byte_order.h"

namespace strata::relay {
namespace {

constexpr std::uint16_t kOneByteProfile = 0xBEDE;  // RFC 8285 section 4.2
constexpr std::uint16_t kTwoByteProfile = 0x1000;  // RFC 8285 section 4.3, low 4 bits: appbits

using Bytes = std::span<const std::uint8_t>;

void ignore_extension(PacketInfo& info) {
    if (info.extensions_ignored < 255) ++info.extensions_ignored;
}

void add_extension(const ExtensionMap& map, std::uint8_t id, std::size_t offset, std::uint8_t size,
                   PacketInfo& info) {
    const ExtensionKind kind = map.kind(id);
    if (kind == ExtensionKind::none || info.extension_count == kMaxExtensions)
        return ignore_extension(info);
    info.extensions[info.extension_count++] = {kind, id, static_cast<std::uint16_t>(offset), size};
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
    info = PacketInfo{};
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

ParseError parse_packet(Bytes packet, const PacketParser& parser, PacketInfo& info) {
    const ParseError error = parse_header(packet, parser.extensions, info);
    if (error != ParseError::none) return error;
    const PayloadFormat format = parser.payload_types[info.payload_type];
    if (format.role == PayloadRole::unknown) return ParseError::unknown_payload_type;
    info.codec = format.codec;
    info.rtx = format.role == PayloadRole::rtx;
    return ParseError::none;
}

}  // namespace strata::relay

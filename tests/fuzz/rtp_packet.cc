#include "relay/codec/dependency_descriptor.h"
#include "relay/rtp/demux.h"
#include "relay/rtp/packet.h"
#include "tests/fuzz/invariant.h"

using namespace strata::relay;

namespace {

PacketParser make_parser(bool encrypted) {
    PacketParser parser;
    parser.end_to_end_encrypted = encrypted;
    parser.payload_types[45] = {PayloadRole::media, Codec::av1};
    parser.payload_types[63] = {PayloadRole::red, Codec::opaque};
    parser.payload_types[96] = {PayloadRole::media, Codec::vp8};
    parser.payload_types[97] = {PayloadRole::rtx, Codec::vp8};
    parser.payload_types[98] = {PayloadRole::media, Codec::vp9};
    parser.payload_types[99] = {PayloadRole::media, Codec::h264_svc};
    parser.payload_types[108] = {PayloadRole::media, Codec::h264};
    parser.payload_types[111] = {PayloadRole::media, Codec::opus};
    parser.payload_types[127] = {PayloadRole::media, Codec::opaque};
    for (std::uint8_t i = 1; i < static_cast<std::uint8_t>(ExtensionKind::kCount); ++i)
        parser.extensions.set(i == 15 ? 16 : i, static_cast<ExtensionKind>(i));
    return parser;
}

}  // namespace

// The first byte's lowest bit: payloads are end-to-end encrypted.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const PacketParser kClear = make_parser(false), kEncrypted = make_parser(true);
    if (size == 0) return 0;
    const std::span<const std::uint8_t> packet(data + 1, size - 1);
    classify(packet);
    PacketInfo info;
    const ParseError error = parse_packet(packet, data[0] & 1 ? kEncrypted : kClear, info);
    if (error != ParseError::none) return 0;
    INVARIANT(info.payload_offset >= kRtpHeaderSize + info.csrc_count * 4u);
    INVARIANT(std::size_t{info.payload_offset} + info.payload_size + info.padding_size ==
              packet.size());
    INVARIANT(info.descriptor_size <= info.payload_size);
    INVARIANT(info.red_offset <= info.payload_offset);
    INVARIANT(info.extension_count <= kMaxExtensions);
    const std::size_t headers_end = info.red_offset ? info.red_offset : info.payload_offset;
    for (std::size_t i = 0; i < info.extension_count; ++i) {
        const ExtensionLocation& extension = info.extensions[i];
        INVARIANT(extension.kind != ExtensionKind::none);
        INVARIANT(std::size_t{extension.offset} + extension.size <= headers_end);
        if (extension.kind != ExtensionKind::dependency_descriptor) continue;
        DependencyDescriptor descriptor;
        read_dependency_descriptor(packet.subspan(extension.offset, extension.size), nullptr,
                                   descriptor);
    }
    return 0;
}

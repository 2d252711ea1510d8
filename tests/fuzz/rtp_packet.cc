#include "relay/codec/dependency_descriptor.h"
#include "relay/rtp/demux.h"
#include "relay/rtp/packet.h"
#include "tests/fuzz/every_codec.h"
#include "tests/fuzz/invariant.h"

using namespace strata::relay;

// The first byte's lowest bit: payloads are end-to-end encrypted.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const PacketParser kClear = every_codec(false), kEncrypted = every_codec(true);
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

#include "relay/recovery/rtx.h"

#include <algorithm>
#include <vector>

#include "relay/rtp/byte_order.h"
#include "relay/rtp/packet.h"
#include "tests/fuzz/invariant.h"

using namespace strata::relay;

namespace {

constexpr std::uint8_t kMedia = 96, kRtx = 97;

PacketParser make_parser() {
    PacketParser parser;
    parser.payload_types[kMedia] = {PayloadRole::media, Codec::vp8};
    parser.payload_types[kRtx] = {PayloadRole::rtx, Codec::vp8};
    for (std::uint8_t id = 1; id < 15; ++id)
        parser.extensions.set(id, static_cast<ExtensionKind>(id));
    return parser;
}

// Whatever can be unwrapped is an RTP packet with the number that it names.
void unwrap(std::vector<std::uint8_t> packet, const PacketParser& parser) {
    PacketInfo info;
    if (parse_packet(packet, parser, info) != ParseError::none) return;
    const std::vector<std::uint8_t> before = packet;
    if (!unwrap_rtx(packet, info, {7}, kMedia)) {
        INVARIANT(packet == before);
        return;
    }
    packet.erase(packet.begin(), packet.begin() + kOsnSize);
    PacketInfo original;
    INVARIANT(parse_header(packet, parser.extensions, original) == ParseError::none);
    INVARIANT(original.sequence.value == load_be16(&before[info.payload_offset]));
    INVARIANT(original.payload_size + kOsnSize == info.payload_size);
    INVARIANT(original.ssrc.value == 7 && original.payload_type == kMedia);
}

// A packet that is wrapped and unwrapped is the same.
void wrap(std::vector<std::uint8_t> packet, const PacketParser& parser) {
    PacketInfo info;
    if (parse_header(packet, parser.extensions, info) != ParseError::none) return;
    if (info.payload_size == 0) return;
    packet[1] = static_cast<std::uint8_t>((packet[1] & 0x80) | kMedia);
    std::vector<std::uint8_t> wrapped = packet;
    wrapped.resize(packet.size() + kOsnSize);
    INVARIANT(wrap_rtx(wrapped, packet.size(), info.payload_offset, {{9}, kRtx, {3}}) ==
              wrapped.size());
    PacketInfo rtx;
    INVARIANT(parse_packet(wrapped, parser, rtx) == ParseError::none && rtx.rtx);
    INVARIANT(unwrap_rtx(wrapped, rtx, {info.ssrc}, kMedia));
    INVARIANT(std::equal(packet.begin(), packet.end(), wrapped.begin() + kOsnSize, wrapped.end()));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const PacketParser parser = make_parser();
    const std::vector<std::uint8_t> packet(data, data + size);
    unwrap(packet, parser);
    wrap(packet, parser);
    return 0;
}

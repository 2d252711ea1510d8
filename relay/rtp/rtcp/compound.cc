#include "relay/rtp/rtcp/compound.h"

#include "relay/rtp/byte_order.h"

namespace strata::relay {

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |V=2|P|  count  |       PT      |   length in words, minus one  |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
std::optional<RtcpPacket> RtcpCompound::next() {
    while (rest_.size() >= kRtcpHeaderSize) {
        const std::size_t size = (std::size_t{load_be16(&rest_[2])} + 1) * 4;
        if (size > rest_.size()) break;
        const std::span<const std::uint8_t> packet = rest_.first(size);
        rest_ = rest_.subspan(size);

        std::size_t padding = 0;
        if (packet[0] & 0x20) {
            padding = packet.back();
            if (padding == 0 || padding > size - kRtcpHeaderSize) {
                ++damaged_;
                continue;
            }
        }
        if (packet[0] >> 6 != 2) {
            ++damaged_;
            continue;
        }
        return RtcpPacket{
            .type = static_cast<RtcpType>(packet[1]),
            .count = static_cast<std::uint8_t>(packet[0] & 31),
            .body = packet.subspan(kRtcpHeaderSize, size - kRtcpHeaderSize - padding)};
    }
    if (!rest_.empty()) ++damaged_;
    rest_ = {};
    return std::nullopt;
}

std::optional<Ssrc> rtcp_sender(const RtcpPacket& packet) {
    if (packet.body.size() < 4) return std::nullopt;
    return Ssrc{load_be32(packet.body.data())};
}

}  // namespace strata::relay

#include "relay/rtp/rtcp/extended_report.h"

namespace strata::relay {
namespace {

constexpr std::uint8_t kReferenceTime = 4;   // RRTR
constexpr std::uint8_t kDelaySinceLast = 5;  // DLRR

}  // namespace

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |      BT       | type-specific |         block length          |   in words, minus one
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
bool read_extended_report(const RtcpPacket& packet, ExtendedReport& out) {
    if (packet.type != RtcpType::extended_report || packet.body.size() < 4) return false;
    out = ExtendedReport{};
    out.sender = {load_be32(packet.body.data())};
    std::span<const std::uint8_t> rest = packet.body.subspan(4);
    while (rest.size() >= 4) {
        const std::uint8_t type = rest[0];
        const std::size_t size = std::size_t{load_be16(&rest[2])} * 4;
        rest = rest.subspan(4);
        if (size > rest.size()) break;
        const std::span<const std::uint8_t> block = rest.first(size);
        rest = rest.subspan(size);
        if (type == kReferenceTime && size >= 8) {
            out.has_reference_time = true;
            out.ntp = load_be64(block.data());
        } else if (type == kDelaySinceLast) {
            out.dlrr = block.first(size / 12 * 12);
        } else if (out.skipped_blocks < 255) {
            ++out.skipped_blocks;
        }
    }
    return true;
}

}  // namespace strata::relay

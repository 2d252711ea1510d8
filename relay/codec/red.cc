#include "relay/codec/red.h"

#include "relay/rtp/byte_order.h"

namespace strata::relay {

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |1|   block PT  |  timestamp offset         |   block length    |   per redundant block
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |0|   block PT  |   the primary block: one byte, no length
//  +-+-+-+-+-+-+-+-+
bool find_red_primary(std::span<const std::uint8_t> payload, RedPrimary& out) {
    constexpr std::size_t kRedundantHeader = 4;
    std::size_t at = 0, redundant_bytes = 0;
    out = RedPrimary{};
    while (at < payload.size() && (payload[at] & 0x80)) {
        if (payload.size() - at < kRedundantHeader) return false;
        redundant_bytes += load_be16(&payload[at + 2]) & 0x3FF;
        if (out.redundant_blocks < 255) ++out.redundant_blocks;
        at += kRedundantHeader;
    }
    if (at >= payload.size()) return false;
    out.payload_type = payload[at++] & 0x7F;
    if (redundant_bytes > payload.size() - at) return false;
    out.offset = static_cast<std::uint16_t>(at + redundant_bytes);
    return true;
}

}  // namespace strata::relay

#include "relay/recovery/rtx.h"

#include <cstring>

#include "relay/rtp/byte_order.h"

namespace strata::relay {

// RFC 4588 section 4: | RTP header | OSN (16) | original payload |; the header, padding included,
// is the original's but for sequence number, payload type and SSRC.
bool unwrap_rtx(std::span<std::uint8_t> packet, const PacketInfo& info, Ssrc original,
                std::uint8_t original_payload_type) {
    const std::size_t header = info.payload_offset;
    if (!info.rtx || info.payload_size <= kOsnSize || header + info.payload_size > packet.size())
        return false;
    const std::uint16_t sequence = load_be16(&packet[header]);
    std::memmove(&packet[kOsnSize], &packet[0], header);
    std::uint8_t* const out = &packet[kOsnSize];
    out[1] = static_cast<std::uint8_t>((out[1] & 0x80) | (original_payload_type & 0x7f));
    store_be16(out + 2, sequence);
    store_be32(out + 8, original.value);
    return true;
}

}  // namespace strata::relay

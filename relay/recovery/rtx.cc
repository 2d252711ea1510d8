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

std::size_t wrap_rtx(std::span<std::uint8_t> header, std::size_t size, std::size_t payload_at,
                     const RtxFields& fields) {
    const std::uint16_t original = load_be16(&header[2]);
    std::memmove(&header[payload_at + kOsnSize], &header[payload_at], size - payload_at);
    store_be16(&header[payload_at], original);
    header[1] = static_cast<std::uint8_t>((header[1] & 0x80) | (fields.payload_type & 0x7f));
    store_be16(&header[2], fields.sequence.value);
    store_be32(&header[8], fields.ssrc.value);
    return size + kOsnSize;
}

}  // namespace strata::relay

#pragma once

#include <cstdint>
#include <span>

#include "relay/rtp/byte_order.h"
#include "relay/rtp/rtcp/feedback.h"

// Messages between decoder and encoder that a relay which doesn't transcode has no use for, since
// its receivers share one encoder: read so that whoever looks into traffic can name them.
namespace strata::relay {

// Reference picture selection indication, RFC 4585 section 6.3.3.
struct ReferenceSelection {
    FeedbackParties parties;
    std::uint8_t payload_type = 0;              // 0..127
    std::span<const std::uint8_t> native_bits;  // as the codec has them
    std::uint8_t unused_bits = 0;               // at the end of native_bits
};
bool read_reference_selection(const RtcpPacket& packet, ReferenceSelection& out);

// Temporal-spatial trade-off request or notification, RFC 5104 sections 4.3.2 and 4.3.3.
struct TradeOff {
    Ssrc sender;
    bool notification = false;
    std::span<const std::uint8_t> entries;  // 8 bytes each
    std::size_t size() const { return entries.size() / 8; }
    Ssrc ssrc(std::size_t i) const { return {load_be32(&entries[i * 8])}; }
    std::uint8_t sequence(std::size_t i) const { return entries[i * 8 + 4]; }
    // 0 (sharpest picture) .. 31 (highest frame rate)
    std::uint8_t index(std::size_t i) const { return entries[i * 8 + 7] & 31; }
};
bool read_trade_off(const RtcpPacket& packet, TradeOff& out);

// H.271 video back channel message, RFC 5104 section 4.3.4; the first one of the packet.
struct VideoBackChannel {
    Ssrc sender, media;
    std::uint8_t sequence = 0, payload_type = 0;
    std::span<const std::uint8_t> octets;
};
bool read_video_back_channel(const RtcpPacket& packet, VideoBackChannel& out);

}  // namespace strata::relay

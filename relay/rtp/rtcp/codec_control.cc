#include "relay/rtp/rtcp/codec_control.h"

namespace strata::relay {
namespace {

bool is_payload_feedback(const RtcpPacket& packet, std::uint8_t format) {
    return packet.type == RtcpType::payload_feedback && packet.count == format &&
           packet.body.size() >= kFeedbackPartiesSize;
}

}  // namespace

//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |      PB       |0| Payload Type|    Native RPSI bit string     |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |   defined per codec          ...                | Padding (0) |
bool read_reference_selection(const RtcpPacket& packet, ReferenceSelection& out) {
    if (!is_payload_feedback(packet, kFmtReferenceSelection)) return false;
    const auto fci = packet.body.subspan(kFeedbackPartiesSize);
    if (fci.size() < 4) return false;
    const std::size_t padding_bits = fci[0], bits = (fci.size() - 2) * 8;
    if (padding_bits > bits) return false;
    out.parties = {{load_be32(&packet.body[0])}, {load_be32(&packet.body[4])}};
    out.payload_type = fci[1] & 0x7F;
    out.native_bits = fci.subspan(2, (bits - padding_bits + 7) / 8);
    out.unused_bits = static_cast<std::uint8_t>(padding_bits % 8);
    return true;
}

//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                              SSRC                             |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  | Seq nr.       |  Reserved                           | Index   |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
bool read_trade_off(const RtcpPacket& packet, TradeOff& out) {
    out.notification = packet.count == kFmtTradeOffNotification;
    const std::uint8_t format = out.notification ? kFmtTradeOffNotification : kFmtTradeOffRequest;
    if (!is_payload_feedback(packet, format)) return false;
    out.sender = {load_be32(&packet.body[0])};
    const std::size_t size = packet.body.size() - kFeedbackPartiesSize;
    out.entries = packet.body.subspan(kFeedbackPartiesSize, size / 8 * 8);
    return !out.entries.empty();
}

//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                              SSRC                             |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  | Seq nr.       |0| Payload Type| Length                        |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                    VBCM octet string....      |    Padding    |
bool read_video_back_channel(const RtcpPacket& packet, VideoBackChannel& out) {
    constexpr std::size_t kFixed = kFeedbackPartiesSize + 8;
    if (!is_payload_feedback(packet, kFmtVideoBackChannel) || packet.body.size() < kFixed)
        return false;
    const std::size_t length = load_be16(&packet.body[14]);
    if (length > packet.body.size() - kFixed) return false;
    out.sender = {load_be32(&packet.body[0])};
    out.media = {load_be32(&packet.body[8])};
    out.sequence = packet.body[12];
    out.payload_type = packet.body[13] & 0x7F;
    out.octets = packet.body.subspan(kFixed, length);
    return true;
}

}  // namespace strata::relay

#include "relay/rtp/rtcp/feedback.h"

#include <algorithm>
#include <bit>

namespace strata::relay {
namespace {

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                  SSRC of packet sender                        |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                  SSRC of media source                         |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  :            feedback control information (FCI)                 :
bool read_parties(const RtcpPacket& packet, RtcpType type, std::uint8_t format,
                  FeedbackParties& out) {
    if (packet.type != type || packet.count != format || packet.body.size() < kFeedbackPartiesSize)
        return false;
    out.sender = {load_be32(&packet.body[0])};
    out.media = {load_be32(&packet.body[4])};
    return true;
}

// Mantissa and exponent as REMB and TMMBR have them; saturates instead of losing bits.
std::uint64_t scaled(std::uint64_t mantissa, unsigned exponent) {
    if (mantissa == 0) return 0;
    const auto free_bits = static_cast<unsigned>(std::countl_zero(mantissa));
    return exponent > free_bits ? ~std::uint64_t{0} : mantissa << exponent;
}

}  // namespace

//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |            PID                |             BLP               |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
bool read_generic_nack(const RtcpPacket& packet, GenericNack& out) {
    if (!read_parties(packet, RtcpType::transport_feedback, kFmtGenericNack, out.parties))
        return false;
    out.items = packet.body.subspan(kFeedbackPartiesSize);
    return out.items.size() >= 4;
}

bool read_picture_loss(const RtcpPacket& packet, FeedbackParties& out) {
    return read_parties(packet, RtcpType::payload_feedback, kFmtPictureLoss, out);
}

bool read_slice_loss(const RtcpPacket& packet, FeedbackParties& out) {
    return read_parties(packet, RtcpType::payload_feedback, kFmtSliceLoss, out) &&
           packet.body.size() >= kFeedbackPartiesSize + 4;
}

//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                              SSRC                             |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  | Seq nr.       |    Reserved                                   |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
bool read_full_intra_request(const RtcpPacket& packet, FullIntraRequest& out) {
    FeedbackParties parties;
    if (!read_parties(packet, RtcpType::payload_feedback, kFmtFullIntra, parties)) return false;
    out.sender = parties.sender;
    const std::size_t size = packet.body.size() - kFeedbackPartiesSize;
    out.entries = packet.body.subspan(kFeedbackPartiesSize, size / 8 * 8);
    return !out.entries.empty();
}

//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |  Unique identifier 'R' 'E' 'M' 'B'                            |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |  Num SSRC     | BR Exp    |  BR Mantissa (18)                 |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |   SSRC feedback …                                             |
bool read_receiver_estimate(const RtcpPacket& packet, ReceiverEstimate& out) {
    constexpr std::size_t kFixed = kFeedbackPartiesSize + 8;
    FeedbackParties parties;
    if (!read_parties(packet, RtcpType::payload_feedback, kFmtApplicationLayer, parties) ||
        packet.body.size() < kFixed || load_be32(&packet.body[8]) != 0x52454D42)
        return false;
    const std::size_t ssrcs = std::size_t{packet.body[12]} * 4;
    if (packet.body.size() - kFixed < ssrcs) return false;
    out.sender = parties.sender;
    out.bitrate_bps = scaled(load_be24(&packet.body[13]) & 0x3FFFF, packet.body[13] >> 2);
    out.ssrc_bytes = packet.body.subspan(kFixed, ssrcs);
    return true;
}

//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                              SSRC                             |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  | MxTBR Exp |  MxTBR Mantissa (17)            |Measured Overhead|
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
bool read_bitrate_limit(const RtcpPacket& packet, BitrateLimit& out) {
    out.notification = packet.count == kFmtTmmbn;
    const std::uint8_t format = out.notification ? kFmtTmmbn : kFmtTmmbr;
    if (!read_parties(packet, RtcpType::transport_feedback, format, out.parties)) return false;
    const std::size_t size = packet.body.size() - kFeedbackPartiesSize;
    out.entries = packet.body.subspan(kFeedbackPartiesSize, size / 8 * 8);
    return true;
}

std::uint64_t BitrateLimit::bitrate_bps(std::size_t i) const {
    const std::uint32_t word = load_be32(&entries[i * 8 + 4]);
    return scaled(word >> 9 & 0x1FFFF, word >> 26);
}

}  // namespace strata::relay

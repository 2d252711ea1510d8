#include "relay/srtp/receiver.h"

#include "relay/rtp/byte_order.h"
#include "relay/srtp/packet_index.h"

namespace strata::relay {

SrtpReceiver::SrtpReceiver(const SrtpKeys& keys, const InboundStreams::Limits& limits)
    : keys_(keys), rtp_(limits), rtcp_(limits) {}

SrtpVerdict SrtpReceiver::begin_rtp(std::span<std::uint8_t> packet, Packet& out) const {
    if (packet.size() < 12) return SrtpVerdict::malformed;
    const std::uint16_t sequence = load_be16(&packet[2]);
    out.ssrc = load_be32(&packet[8]);
    out.rtcp = false;
    out.index = sequence;
    if (const InboundStreams::Window* window = rtp_.find(out.ssrc)) {
        out.index = nearest_index(window->highest(), sequence);
        if (window->state(out.index) != IndexState::fresh) return SrtpVerdict::replayed;
    }
    const auto plain = frame_received_rtp(keys_, packet, out.index, out.job);
    if (!plain) return SrtpVerdict::malformed;
    out.plain_size = static_cast<std::uint16_t>(*plain);
    return SrtpVerdict::ok;
}

SrtpVerdict SrtpReceiver::begin_rtcp(std::span<std::uint8_t> packet, Packet& out) const {
    const auto read = read_rtcp_trailer(keys_.profile(), packet);
    if (!read) return SrtpVerdict::malformed;
    out.ssrc = load_be32(&packet[4]);
    out.rtcp = true;
    out.index = read->index;
    out.plain_size = static_cast<std::uint16_t>(read->plain_size);
    const InboundStreams::Window* window = rtcp_.find(out.ssrc);
    if (window && window->state(out.index) != IndexState::fresh) return SrtpVerdict::replayed;
    frame_received_rtcp(keys_, packet, *read, out.job);
    return SrtpVerdict::ok;
}

SrtpVerdict SrtpReceiver::finish(const Packet& packet) {
    if (!packet.job.authentic) return SrtpVerdict::not_authentic;
    switch ((packet.rtcp ? rtcp_ : rtp_).accept(packet.ssrc, packet.index)) {
        case InboundStreams::Verdict::accepted: return SrtpVerdict::ok;
        case InboundStreams::Verdict::replayed: return SrtpVerdict::replayed;
        case InboundStreams::Verdict::no_room: return SrtpVerdict::no_room;
    }
    return SrtpVerdict::no_room;
}

// An SRTCP index is in the packet: there is nothing to go on with.
void SrtpReceiver::continue_from(const SrtpReceiver& before) { rtp_.take_indexes(before.rtp_); }

}  // namespace strata::relay

#include "dataplane/worker/worker.h"
#include "relay/rtp/byte_order.h"

// RTCP ends here (C30): what peers report is used or kept, and the relay makes its own reports.
namespace strata::dataplane {

using api::RxDrop;
using api::WorkerCounter;

void Worker::on_rtcp(rte_mbuf& packet, Transport&, relay::TimeUs) {
    if (packet.data_len < 8) return drop(RxDrop::malformed_rtcp);
    count(WorkerCounter::rtcp_in);
    count(WorkerCounter::consumed);
}

void Worker::send_rtcp(Transport& transport, std::span<const std::uint8_t> compound,
                       relay::TimeUs now) {
    fan_outs_[transport.port]->send_own(transport.link, compound, TxClass::audio, now);
    count(WorkerCounter::rtcp_out);
}

// RFC 4585 section 6.3.1.
void Worker::send_picture_loss(PublishedTrack& track, std::uint8_t encoding, relay::TimeUs now) {
    InboundEncoding& inbound = track.encodings[encoding];
    ++inbound.key_frame_requests;
    if (inbound.ssrc == 0 || !track.transport->has_link) return;
    std::array<std::uint8_t, 12> bytes{0x81, 206, 0, 2};
    relay::store_be32(&bytes[4], config_.relay_ssrc);
    relay::store_be32(&bytes[8], inbound.ssrc);
    send_rtcp(*track.transport, bytes, now);
    count(WorkerCounter::key_frame_requests_out);
}

PublishedTrack* Worker::find_media(Transport& transport, std::uint32_t ssrc,
                                   std::uint8_t& encoding) {
    const StreamRef* stream = streams_.find(stream_key(transport.index, ssrc));
    if (!stream || stream->kind != StreamRef::Kind::media) return nullptr;
    encoding = stream->encoding;
    return static_cast<PublishedTrack*>(stream->object);
}

Subscription* Worker::find_outgoing(Transport& transport, std::uint32_t ssrc) {
    const StreamRef* stream = streams_.find(stream_key(transport.index, ssrc));
    if (!stream || stream->kind != StreamRef::Kind::outgoing) return nullptr;
    return static_cast<Subscription*>(stream->object);
}

}  // namespace strata::dataplane

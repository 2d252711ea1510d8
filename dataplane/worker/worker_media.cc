#include "dataplane/worker/worker.h"
#include "relay/rtp/byte_order.h"

namespace strata::dataplane {
namespace {

using api::RxDrop;
using api::WorkerCounter;

}  // namespace

void Worker::on_rtp(rte_mbuf& packet, Transport& transport, relay::TimeUs now) {
    const auto bytes = bytes_of(packet);
    if (bytes.size() < relay::kRtpHeaderSize) return drop(RxDrop::malformed_rtp);
    const std::uint32_t ssrc = relay::load_be32(&bytes[8]);
    StreamRef* stream = streams_.find(stream_key(transport.index, ssrc));
    if (!stream) stream = learn(transport, bytes, ssrc, now);
    if (!stream) return drop(RxDrop::unknown_ssrc);
    if (stream->kind == StreamRef::Kind::media)
        return on_media(packet, *static_cast<PublishedTrack*>(stream->object), stream->encoding,
                        Origin::sent, now);
    if (stream->kind == StreamRef::Kind::rtx)
        return on_retransmission(packet, *static_cast<PublishedTrack*>(stream->object),
                                 stream->encoding, now);
    drop(RxDrop::unknown_ssrc);  // an SSRC that we use towards this peer (C38)
}

void Worker::on_media(rte_mbuf& packet, PublishedTrack& track, std::uint8_t encoding, Origin origin,
                      relay::TimeUs now) {
    const auto bytes = bytes_of(packet);
    relay::PacketInfo& info = parsed_;
    const relay::ParseError error = relay::parse_packet(bytes, *track.parser, info);
    if (error != relay::ParseError::none) return drop(parse_drop(error));
    if (track.parser->payload_types[info.payload_type].role == relay::PayloadRole::rtx)
        return drop(RxDrop::retransmission);

    InboundEncoding& inbound = track.encodings[encoding];
    if (origin == Origin::sent) {
        note_arrival(*track.transport, bytes, info, now);
        inbound.reception.on_packet(info.sequence, info.timestamp, now);
    } else {
        ++inbound.other_packets;
    }
    if (track.missing) {
        relay::MissingPackets& missing = track.missing[encoding];
        missing.on_packet({.sequence = info.sequence,
                           .starts_key_frame = info.key_frame,
                           .ends_picture = info.marker},
                          now);
        if (missing.size() != 0) [[unlikely]]
            hasten(track, now);
    }
    if (info.extensions_ignored != 0)
        count(WorkerCounter::extensions_ignored, info.extensions_ignored);
    inbound.bytes += bytes.size();
    if (info.key_frame) ++inbound.key_frames;
    inbound.last_packet_us = now;
    track.last_packet_us = now;
    if (track.audio) track.voice.on_packet(info);

    const bool handed = track.spread && hand_over(packet, track, encoding, now);
    const relay::MediaDrop reason = forward(
        packet, track, {.encoding = encoding, .shared = handed, .info = info, .at = now}, now);
    if (reason == relay::MediaDrop::none) return count(WorkerCounter::fanned_out);
    inbound.duplicates += reason == relay::MediaDrop::duplicate ? 1 : 0;
    if (handed) return count(WorkerCounter::handed_only);
    drop(media_drop(reason));
}

// To the receivers of this worker. Returns why it went to none of them, or none.
relay::MediaDrop Worker::forward(rte_mbuf& packet, PublishedTrack& track, const Arrived& arrived,
                                 relay::TimeUs now) {
    outputs_.count = 0;
    const relay::MediaDrop reason = track.track->on_packet(arrived.encoding, bytes_of(packet),
                                                           arrived.info, arrived.at, outputs_);
    if (reason == relay::MediaDrop::none && track.repairable != 0)
        keep_for_repair(packet, track, arrived.encoding, now);
    // A packet that nobody wants may still leave something behind: an empty one that closes its
    // hole.
    if (outputs_.count != 0) {
        const bool only = outputs_.count == 1;
        const Sending how{
            track.audio
                ? TxClass::audio
                : layer_class(arrived.encoding, arrived.info.spatial_id, arrived.info.temporal_id),
            only && !arrived.shared ? FanOut::Input::spent : FanOut::Input::kept, now};
        const std::uint8_t watchers = observed_.watchers_of(track);
        if (watchers != 0 || observed_.traces(track)) [[unlikely]]
            observed_.send(track, packet, watchers, how);
        else if (only) [[likely]]
            fan_outs_[port_of(outputs_.outputs[0].receivers.front())]->send(
                packet, {outputs_.outputs.data(), 1}, how.tx_class, how.now, how.input);
        else
            send_all(fan_outs_, {outputs_.outputs.data(), outputs_.count}, packet, how);
    }
    if (outputs_.refused != 0) count_refused_outputs();
    if (outputs_.key_frame_due) send_key_frame_requests(track, now);
    return reason;
}

// One that another worker received, for receivers here.
void Worker::on_handed_packet(const Handoff& handed, PublishedTrack* branch, relay::TimeUs now) {
    count(WorkerCounter::handed_in);
    if (!branch) return drop(RxDrop::branch_gone);
    InboundEncoding& inbound = branch->encodings[handed.encoding];
    ++inbound.other_packets;
    inbound.bytes += handed.packet->data_len;
    inbound.last_packet_us = branch->last_packet_us = now;
    if (branch->observed != 0) [[unlikely]]
        parsed_ = handed.info;  // what is shown of it ends with its descriptor
    const relay::MediaDrop reason = forward(
        *handed.packet, *branch,
        {.encoding = handed.encoding, .shared = true, .info = handed.info, .at = handed.arrived_us},
        now);
    if (reason == relay::MediaDrop::none) return count(WorkerCounter::fanned_out);
    inbound.duplicates += reason == relay::MediaDrop::duplicate ? 1 : 0;
    drop(media_drop(reason));
}

void Worker::count_refused_outputs() {
    count(WorkerCounter::outputs_refused, outputs_.refused);
    outputs_.refused = 0;
}

void Worker::send_outputs(const PublishedTrack& track, rte_mbuf& packet, TxClass tx_class,
                          FanOut::Input input, relay::TimeUs now) {
    if (track.observed != 0) [[unlikely]]
        if (const std::uint8_t watchers = observed_.watchers_of(track);
            watchers != 0 || observed_.traces(track))
            return observed_.send(track, packet, watchers, {tx_class, input, now});
    send_all(fan_outs_, {outputs_.outputs.data(), outputs_.count}, packet, {tx_class, input, now});
}

void Worker::send_key_frame_requests(PublishedTrack& track, relay::TimeUs now) {
    while (const auto request = track.track->next_key_frame_request(now))
        send_picture_loss(track, request->encoding, now);
}

}  // namespace strata::dataplane

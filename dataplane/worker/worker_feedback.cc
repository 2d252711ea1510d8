#include <algorithm>

#include "dataplane/worker/worker.h"
#include "relay/recovery/rtx.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/rtcp/writer.h"

// What publishers are told of their packets' arrival, and asked for again (C28, C54).
namespace strata::dataplane {
namespace {

using api::RxDrop;
using api::WorkerCounter;

constexpr int kMaxMessages = 4;              // of transport-wide feedback at a time
constexpr std::size_t kMaxRequests = 64;     // packets in one NACK
constexpr std::size_t kTransportCcSize = 2;  // bytes of the extension

}  // namespace

void Worker::note_arrival(const Transport& transport, std::span<const std::uint8_t> packet,
                          const relay::PacketInfo& info, relay::TimeUs now) {
    if (!transport.feedback) return;
    const relay::ExtensionLocation* at = info.find(relay::ExtensionKind::transport_cc);
    if (at != nullptr && at->size == kTransportCcSize)
        transport.feedback->on_packet(relay::load_be16(&packet[at->offset]), now);
}

// RFC 4588: the packet becomes the one that it repeats. Probing and padding have served their
// purpose with their arrival (B6).
void Worker::on_retransmission(rte_mbuf& packet, PublishedTrack& track, std::uint8_t encoding,
                               relay::TimeUs now) {
    relay::PacketInfo info;
    const relay::ParseError error = relay::parse_packet(bytes_of(packet), *track.parser, info);
    if (error != relay::ParseError::none) return drop(parse_drop(error));
    note_arrival(*track.transport, bytes_of(packet), info, now);
    InboundEncoding& inbound = track.encodings[encoding];
    ++inbound.rtx_packets;
    const std::span bytes(rte_pktmbuf_mtod(&packet, std::uint8_t*), packet.data_len);
    if (inbound.ssrc == 0 || !relay::unwrap_rtx(bytes, info, {inbound.ssrc}, track.payload_type))
        return drop(RxDrop::retransmission);
    rte_pktmbuf_adj(&packet, relay::kOsnSize);
    count(WorkerCounter::retransmissions_in);
    on_media(packet, track, encoding, Origin::retransmitted, now);
}

void Worker::send_transport_feedback(Transport& transport, relay::TimeUs now) {
    timers_.arm(transport.feedback_timer, now + config_.transport_feedback_us);
    if (!transport.has_link || !transport.feedback->pending()) return;
    const InboundEncoding& any = transport.tracks[0]->encodings[0];
    std::array<std::uint8_t, kHeaderPayloadBytes> buffer;
    for (int i = 0; i < kMaxMessages && transport.feedback->pending(); ++i) {
        const std::size_t size = transport.feedback->write(
            {.sender = {config_.relay_ssrc}, .media = {any.ssrc}}, buffer);
        if (size != 0) send_rtcp(transport, std::span(buffer).first(size), now);
    }
}

void Worker::request_missing(PublishedTrack& track, std::uint8_t encoding, relay::TimeUs now) {
    if (!track.missing || track.missing[encoding].size() == 0) return;
    std::array<relay::SequenceNumber, kMaxRequests> numbers;
    const std::size_t n = track.missing[encoding].due(now, numbers);
    InboundEncoding& inbound = track.encodings[encoding];
    if (n == 0 || inbound.ssrc == 0 || !track.transport->has_link) return;
    std::array<std::uint8_t, kHeaderPayloadBytes> buffer;
    relay::RtcpWriter writer(buffer);
    writer.generic_nack({.sender = {config_.relay_ssrc}, .media = {inbound.ssrc}},
                        std::span(numbers).first(n));
    send_rtcp(*track.transport, writer.written(), now);
    inbound.nacks += n;
    count(WorkerCounter::nacks_out, n);
}

// The transport's numbers are shared by its tracks (B6): one track's recorder serves them all.
void Worker::start_feedback(PublishedTrack& track, relay::TimeUs now) {
    Transport& transport = *track.transport;
    if (transport.feedback || !track.feedback) return;
    transport.feedback = track.feedback.get();
    transport.feedback_timer.owner = &transport;
    transport.feedback_timer.kind = static_cast<std::uint8_t>(TimerKind::transport_feedback);
    timers_.arm(transport.feedback_timer, now + config_.transport_feedback_us);
}

// `track` has left its transport; another one's recorder goes on, from nothing.
void Worker::stop_feedback(PublishedTrack& track) {
    Transport& transport = *track.transport;
    if (!track.feedback || transport.feedback != track.feedback.get()) return;
    transport.feedback = nullptr;
    const auto tracks = std::span(transport.tracks).first(transport.track_count);
    const auto next = std::ranges::find_if(tracks, [](auto* t) { return t->feedback != nullptr; });
    if (next == tracks.end()) return timers_.disarm(transport.feedback_timer);
    transport.feedback = (*next)->feedback.get();
    transport.feedback->reset();
}

}  // namespace strata::dataplane

#include <algorithm>
#include <array>

#include "dataplane/worker/worker.h"
#include "relay/recovery/rtx.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/packet.h"
#include "relay/srtp/framing.h"

// What receivers say of packets' arrival, and what they are sent again (C26, C27).
namespace strata::dataplane {
namespace {

using api::WorkerCounter;

// Of a peer that has reported nothing yet: what libwebrtc assumes as well.
constexpr relay::TimeUs kUnknownRoundTripUs = 100'000;

}  // namespace

void Worker::start_repair(Subscription& subscription) {
    if (!subscription.repair) return;
    OutgoingStream* rtx = subscription.repair->rtx;
    if (!rtx) return;
    use(*subscription.transport, *rtx);
    expect_repair(subscription);
    if (!streams_.insert(stream_key(subscription.transport->index, rtx->ssrc),
                         {StreamRef::Kind::outgoing_rtx, 0, &subscription}))
        count(WorkerCounter::ssrcs_refused);
}

void Worker::expect_repair(Subscription& subscription) {
    if (subscription.repair->expected) return;
    subscription.repair->expected = true;
    ++subscription.track->repairable;
}

void Worker::stop_repair(const Subscription& subscription) {
    if (!subscription.repair) return;
    if (subscription.repair->expected) --subscription.track->repairable;
    if (!subscription.repair->rtx) return;
    give_up(*subscription.repair->rtx);
    const std::uint64_t key =
        stream_key(subscription.transport->index, subscription.repair->rtx->ssrc);
    const StreamRef* stream = streams_.find(key);
    if (stream && stream->object == &subscription) streams_.erase(key);
}

void Worker::keep_for_repair(rte_mbuf& packet, PublishedTrack& track, std::uint8_t encoding,
                             relay::TimeUs now) {
    InboundEncoding& inbound = track.encodings[encoding];
    track.track->describe_sent(sent_forms_);
    kept_.keep(packet, inbound.history_stream, sent_forms_, inbound.history, now);
}

void Worker::on_transport_feedback(Transport& transport, const relay::RtcpPacket& part,
                                   relay::TimeUs now) {
    relay::GenericNack nack;
    if (relay::read_generic_nack(part, nack)) return on_nack(transport, nack, now);
    relay::TransportFeedback feedback;
    if (!relay::read_transport_feedback(part, feedback)) return;
    std::uint64_t lost = 0;
    feedback.for_each(
        [&](relay::SequenceNumber, bool received, relay::TimeUs) { lost += received ? 0 : 1; });
    count(WorkerCounter::transport_feedback_in);
    count(WorkerCounter::transport_feedback_lost, lost);
}

void Worker::on_nack(Transport& transport, const relay::GenericNack& nack, relay::TimeUs now) {
    Subscription* subscription = find_outgoing(transport, nack.parties.media.value);
    if (!subscription) return;
    std::uint32_t looked_at = 0;
    nack.for_each([&](relay::SequenceNumber sequence) {
        if (looked_at++ >= config_.nack_packets) return count(WorkerCounter::nacks_ignored);
        count(WorkerCounter::nacks_in);
        count(repair(*subscription, sequence, now));
    });
    // What waits to be encrypted refers to packets that may go when the next one is kept.
    fan_outs_[transport.port]->seal(now);
}

// What became of one packet that was asked for: where it is counted.
WorkerCounter Worker::repair(Subscription& subscription, relay::SequenceNumber sequence,
                             relay::TimeUs now) {
    if (!subscription.repair || !subscription.attached || !subscription.transport->has_link)
        return WorkerCounter::nacks_unanswerable;
    ++subscription.stream->packets_asked;
    subscription.news = true;
    expect_repair(subscription);
    PublishedTrack& track = *subscription.track;
    const relay::Track::Repetition repetition{
        subscription.handle, sequence, track.track->find_sent(subscription.handle, sequence)};
    using Kind = relay::SentNumber::Kind;
    switch (repetition.sent.kind) {
        case Kind::unknown: return WorkerCounter::nacks_unknown;
        case Kind::missing: return WorkerCounter::nacks_missing;
        case Kind::empty:
            if (const auto refused = refuse_repeat(subscription, sequence, now)) return *refused;
            return send_again(subscription, repetition, nullptr, now);
        case Kind::packet: break;
    }
    const InboundEncoding& inbound = track.encodings[repetition.sent.encoding];
    const auto kept = kept_.find(inbound.history, inbound.history_stream, repetition.sent);
    if (!kept) return WorkerCounter::nacks_unknown;
    const relay::RtpTimestamp timestamp{relay::load_be32(&bytes_of(*kept->packet)[4])};
    if (track.track->is_obsolete(repetition.sent, timestamp)) return WorkerCounter::nacks_obsolete;
    if (const auto refused = refuse_repeat(subscription, sequence, now)) return *refused;
    return send_again(subscription, repetition, &*kept, now);
}

// Nullopt: it may be sent again now, and counts as sent.
std::optional<WorkerCounter> Worker::refuse_repeat(Subscription& subscription,
                                                   relay::SequenceNumber sequence,
                                                   relay::TimeUs now) const {
    Repair& repair = *subscription.repair;
    const relay::TimeUs known = subscription.transport->round_trip_us;
    const relay::TimeUs round_trip = known != 0 ? known : kUnknownRoundTripUs;
    if (repair.limit.take(sequence, repair.most_repeats, round_trip, now) !=
        relay::RepeatLimit::Verdict::allowed)
        return WorkerCounter::nacks_repeated;
    if (!repair.rate.take(now)) return WorkerCounter::nacks_limited;
    return std::nullopt;
}

// `kept` null: an empty packet.
WorkerCounter Worker::send_again(Subscription& subscription,
                                 const relay::Track::Repetition& repetition,
                                 const KeptPackets::Found* kept, relay::TimeUs now) {
    const PublishedTrack& track = *subscription.track;
    relay::Output& output = outputs_.outputs[0];
    TxClass tx_class = track.audio ? TxClass::audio : TxClass::base;
    if (kept) {
        relay::PacketInfo info;
        const auto bytes = bytes_of(*kept->packet);
        if (relay::parse_packet(bytes, *track.parser, info) != relay::ParseError::none ||
            !track.track->repeat(repetition, kept->form, bytes, info, output))
            return WorkerCounter::nacks_unknown;
        if (!track.audio && (info.spatial_id != 0 || info.temporal_id != 0))
            tx_class = TxClass::upper;
    } else if (!blank_ || !track.track->repeat(repetition, output)) {
        return WorkerCounter::nacks_unknown;
    }
    repair_slot_ = *track.track->slot_then(subscription.handle, repetition.sent);
    if (subscription.repair->rtx && !make_retransmission(subscription, output, repair_slot_))
        return WorkerCounter::nacks_unknown;
    output.receivers = {&repair_slot_, 1};
    rte_mbuf& packet = kept ? *kept->packet : *blank_;
    if (subscription.marks != 0) [[unlikely]]
        observed_.send_again(subscription, packet, output, {tx_class, FanOut::Input::kept, now});
    else
        fan_outs_[port_of(repair_slot_)]->send(packet, {&output, 1}, tx_class, now);
    ++subscription.stream->packets_repeated;
    subscription.news = true;
    return kept ? WorkerCounter::retransmissions_out : WorkerCounter::retransmissions_empty;
}

// Makes of what was sent the same on the RTX SSRC, with the next of its numbers: a number is never
// given to two packets (C25). False: there is no room for the OSN.
bool Worker::make_retransmission(const Subscription& subscription, relay::Output& output,
                                 relay::ReceiverSlot& slot) {
    relay::HeaderTemplate& header = output.header;
    std::array<std::uint8_t, relay::HeaderTemplate::kMaxSize + relay::kOsnSize> bytes;
    if (header.size + relay::kOsnSize > relay::HeaderTemplate::kMaxSize) return false;
    relay::write_header(header, slot.offsets, bytes.data());
    const auto payload_at = relay::rtp_clear_size(std::span(bytes).first(header.size));
    if (!payload_at) return false;
    OutgoingStream& rtx = *subscription.repair->rtx;
    const auto sequence = static_cast<std::uint16_t>(rtx.next_sequence++);
    header.size = static_cast<std::uint16_t>(
        relay::wrap_rtx(bytes, header.size, *payload_at,
                        {{rtx.ssrc}, subscription.repair->rtx_payload_type, {sequence}}));
    header.sequence = sequence;
    header.timestamp += slot.offsets.timestamp;
    header.patch = relay::HeaderPatch::none;
    std::copy_n(bytes.begin(), header.size, header.bytes.begin());
    slot.offsets = {.ssrc = rtx.ssrc};
    if (subscription.transport->secure) slot.seal = &rtx.leg;
    return true;
}

}  // namespace strata::dataplane

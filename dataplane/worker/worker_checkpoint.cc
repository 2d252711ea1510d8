#include "dataplane/worker/worker_checkpoint.h"

#include "dataplane/worker/checkpoint.h"

// What other processes will need to go on from (C53): each stream's numbers, every quarter of a
// second with its statistics.
namespace strata::dataplane {
namespace {

// Nothing has moved: the state stands, and stays young.
void confirm_record(CheckpointRecord& record, relay::TimeUs now) {
    auto stored = read_checkpoint(record);
    if (!stored) return;
    stored->written_us = now;
    stored->packets_per_interval = 0;
    write_checkpoint(record, *stored);
}

// `last` is what it would go on from.
void keep(OutgoingStream& stream, const relay::Continuation& last, std::uint32_t clock_rate_hz,
          relay::TimeUs now) {
    stream.next_sequence = extend_forward(stream.next_sequence, last.next_sequence);
    if (stream.leg.stream.started())  // it knows its cycle
        stream.next_sequence =
            relay::nearest_index(stream.leg.stream.highest(), last.next_sequence);
    if (stream.checkpoint == nullptr) return;
    const std::uint64_t before = stream.sequence_kept;
    if (stream.next_sequence == before && last.packets == stream.packets_kept)
        return confirm_record(*stream.checkpoint, now);
    CheckpointNumbers numbers = to_checkpoint(
        last, stream.next_sequence, {.ssrc = stream.ssrc, .clock_rate_hz = clock_rate_hz}, now);
    numbers.packets_per_interval = static_cast<std::uint32_t>(stream.next_sequence - before);
    write_checkpoint(*stream.checkpoint, numbers);
    stream.sequence_kept = stream.next_sequence;
    stream.packets_kept = last.packets;
}

}  // namespace

// Nothing was sent since it was kept.
void confirm(const Subscription& subscription, relay::TimeUs now) {
    if (subscription.stream->checkpoint) confirm_record(*subscription.stream->checkpoint, now);
    if (!subscription.repair || !subscription.repair->rtx) return;
    if (CheckpointRecord* record = subscription.repair->rtx->checkpoint)
        confirm_record(*record, now);
}

void keep(Subscription& subscription, relay::TimeUs now) {
    const std::uint32_t clock_rate_hz = subscription.track->track->config().clock_rate_hz;
    OutgoingStream& stream = *subscription.stream;
    keep(stream,
         subscription.attached ? *subscription.track->track->continuation(subscription.handle)
                               : stream.last,
         clock_rate_hz, now);
    if (subscription.repair && subscription.repair->rtx) {
        OutgoingStream& rtx = *subscription.repair->rtx;
        rtx.last.next_sequence = static_cast<std::uint16_t>(rtx.next_sequence);
        keep(rtx, rtx.last, clock_rate_hz, now);
    }
}

void keep(PublishedTrack& track, relay::TimeUs now) {
    const relay::TrackConfig& config = track.track->config();
    for (std::uint8_t i = 0; i < config.encoding_count; ++i) {
        const InboundEncoding& in = track.encodings[i];
        if (in.checkpoint == nullptr || in.packets() == 0) continue;
        CheckpointNumbers numbers;
        numbers.extended_sequence = in.reception.extended_highest_sequence();
        numbers.written_us = now;
        numbers.sent_us = in.last_packet_us;
        numbers.ssrc = in.ssrc;
        numbers.clock_rate_hz = config.clock_rate_hz;
        numbers.ever = 1;
        if (const SecureTransport* srtp = track.transport->srtp.get())
            if (const auto* window = srtp->receiver.rtp().find(in.ssrc))
                numbers.secure[0] = window->highest() + 1;
        write_checkpoint(*in.checkpoint, numbers);
    }
}

// With its reports, once a second: the SRTCP index, and that nothing has moved of what nobody uses.
void keep(Transport& transport, relay::TimeUs now) {
    for (const OutgoingStream* stream = transport.outgoing; stream; stream = stream->next)
        if (!stream->in_use && stream->checkpoint) confirm_record(*stream->checkpoint, now);
    if (transport.checkpoint == nullptr || transport.srtcp_index == 0) return;
    CheckpointNumbers numbers;
    numbers.written_us = numbers.sent_us = now;
    numbers.secure[0] = transport.srtcp_index;
    numbers.ever = 1;
    write_checkpoint(*transport.checkpoint, numbers);
}

}  // namespace strata::dataplane

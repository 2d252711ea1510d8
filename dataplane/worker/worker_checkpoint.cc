#include "dataplane/worker/worker.h"

// What other processes will need to go on from (C53): each stream's numbers, every quarter of a
// second with its statistics.
namespace strata::dataplane {
namespace {

// The numbers a subscription would go on from, attached or not. Nullopt: it has none yet.
std::optional<relay::Continuation> numbers_of(const Subscription& subscription) {
    if (subscription.attached) return subscription.track->track->continuation(subscription.handle);
    if (subscription.config.resume.ever) return subscription.config.resume;
    return std::nullopt;
}

// Nothing has moved: the state stands, and stays young.
void confirm(CheckpointRecord& record, relay::TimeUs now) {
    auto stored = read_checkpoint(record);
    if (!stored) return;
    stored->written_us = now;
    stored->packets_per_interval = 0;
    write_checkpoint(record, *stored);
}

}  // namespace

// RTX's own numbers (C53).
void Worker::keep(Repair& repair, std::uint32_t clock_rate_hz, relay::TimeUs now) {
    if (repair.checkpoint == nullptr || repair.sent == 0) return;
    if (repair.next_sequence == repair.sequence_kept) return confirm(*repair.checkpoint, now);
    CheckpointNumbers numbers;
    numbers.ssrc = repair.rtx_ssrc;
    numbers.clock_rate_hz = clock_rate_hz;
    numbers.extended_sequence = repair.next_sequence;
    numbers.packets_per_interval =
        static_cast<std::uint32_t>(repair.next_sequence - repair.sequence_kept);
    numbers.written_us = numbers.sent_us = now;
    numbers.ever = 1;
    write_checkpoint(*repair.checkpoint, numbers);
    repair.sequence_kept = repair.next_sequence;
}

void Worker::keep(Subscription& subscription, relay::TimeUs now) {
    if (subscription.repair)
        keep(*subscription.repair, subscription.track->track->config().clock_rate_hz, now);
    if (subscription.checkpoint == nullptr) return;
    const auto last = numbers_of(subscription);
    if (!last || !last->ever) return;
    const std::uint64_t before = subscription.extended_sequence;
    std::uint64_t extended = extend_forward(before, last->next_sequence);
    if (subscription.legs && subscription.legs->media.stream.started())  // it knows its cycle
        extended =
            relay::nearest_index(subscription.legs->media.stream.highest(), last->next_sequence);
    if (extended == before && last->packets == subscription.packets_kept)
        return confirm(*subscription.checkpoint, now);
    CheckpointNumbers numbers =
        to_checkpoint(*last, extended,
                      {.ssrc = subscription.config.ssrc,
                       .clock_rate_hz = subscription.track->track->config().clock_rate_hz},
                      now);
    numbers.packets_per_interval = static_cast<std::uint32_t>(extended - before);
    write_checkpoint(*subscription.checkpoint, numbers);
    subscription.extended_sequence = extended;
    subscription.packets_kept = last->packets;
}

void Worker::keep(PublishedTrack& track, relay::TimeUs now) {
    const relay::TrackConfig& config = track.track->config();
    for (std::uint8_t i = 0; i < config.encoding_count; ++i) {
        const InboundEncoding& in = track.encodings[i];
        if (in.checkpoint == nullptr || in.packets == 0) continue;
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

// The SRTCP index: with its reports, once a second.
void Worker::keep(const Transport& transport, relay::TimeUs now) {
    if (transport.checkpoint == nullptr || transport.srtcp_index == 0) return;
    CheckpointNumbers numbers;
    numbers.written_us = numbers.sent_us = now;
    numbers.secure[0] = transport.srtcp_index;
    numbers.ever = 1;
    write_checkpoint(*transport.checkpoint, numbers);
}

}  // namespace strata::dataplane

#include <algorithm>
#include <limits>
#include <utility>

#include "dataplane/server/desired_state.h"

// Streams go on from what this process, or one before it, wrote of them last (C53).
namespace strata::dataplane {
namespace {

CheckpointNumbers first_numbers(const OutgoingStream& stream, relay::TimeUs now) {
    CheckpointNumbers numbers;
    numbers.ssrc = stream.ssrc;
    numbers.extended_sequence = stream.next_sequence;
    numbers.written_us = now;
    return numbers;
}

}  // namespace

void DesiredState::keep_checkpoints(CheckpointStore& store, relay::TimeUs max_age_us,
                                    std::function<relay::TimeUs()> clock) {
    checkpoints_ = &store;
    checkpoint_age_us_ = max_age_us;
    clock_ = std::move(clock);
}

// However long nobody has sent on it: its transport's numbers are at least these (C25).
void DesiredState::resume(OutgoingStream& stream, const Transport& transport) {
    constexpr relay::TimeUs kAnyAge = std::numeric_limits<relay::TimeUs>::max();
    if (checkpoints_ == nullptr) return;
    const auto claim = checkpoints_->claim(
        {.kind = CheckpointKind::outgoing, .part = stream.ssrc, .id = transport.id});
    stream.checkpoint = claim.record;
    if (claim.record == nullptr) return;
    if (!claim.stored) {
        // Should this process die before the first checkpoint, the next one jumps over what it
        // sent.
        if (transport.secure) write_checkpoint(*claim.record, first_numbers(stream, clock_()));
        return;
    }
    auto fault = CheckpointFault::none;
    const auto resumption = resume_from(
        *claim.stored,
        {.ssrc = stream.ssrc, .clock_rate_hz = claim.stored->clock_rate_hz, .max_age_us = kAnyAge},
        clock_(), fault);
    if (!resumption) {
        claim.record->states = {};
        stream.refused = true;
        stream.in_doubt = transport.secure;
        return;
    }
    stream.last = resumption->from;
    stream.next_sequence = stream.sequence_kept = resumption->granted.extended_sequence;
    stream.packets_kept = resumption->from.packets;
    if (transport.secure) stream.leg.stream.start_behind(stream.next_sequence - 1);
    stream.resumed = resumption->from.ever;
    write_checkpoint(*claim.record, resumption->granted);
}

// The SRTCP index jumps as well; of its 31 bits there is no end in sight.
void DesiredState::resume(Transport& transport) {
    constexpr std::uint64_t kJump = 65'536, kLast = 0x7fff'ffff;
    if (checkpoints_ == nullptr || !transport.secure) return;
    const auto claim = checkpoints_->claim({.kind = CheckpointKind::transport, .id = transport.id});
    transport.checkpoint = claim.record;
    if (claim.record == nullptr || !claim.stored) return;
    CheckpointNumbers granted = *claim.stored;
    granted.secure[0] = std::min(granted.secure[0] + kJump, kLast + 1);
    transport.srtcp_index = static_cast<std::uint32_t>(granted.secure[0]);
    write_checkpoint(*claim.record, granted);
}

// Numbers of what arrives: nothing is sent under them, so that they needn't jump.
void DesiredState::resume(PublishedTrack& track) {
    if (checkpoints_ == nullptr) return;
    for (std::uint8_t i = 0; i < track.encoding_count; ++i) {
        InboundEncoding& encoding = track.encodings[i];
        const auto claim =
            checkpoints_->claim({.kind = CheckpointKind::inbound, .part = i, .id = track.id});
        encoding.checkpoint = claim.record;
        if (claim.record == nullptr || !claim.stored) continue;
        const CheckpointClaim stream{.ssrc = encoding.ssrc,
                                     .clock_rate_hz = track.track->config().clock_rate_hz,
                                     .max_age_us = checkpoint_age_us_};
        if (encoding.ssrc != 0 &&
            check_claim(*claim.stored, stream, clock_()) == CheckpointFault::none) {
            encoding.reception.resume(static_cast<std::int64_t>(claim.stored->extended_sequence));
            encoding.srtp_resume = claim.stored->secure[0];
        }
    }
}

void DesiredState::give_back_checkpoint(CheckpointRecord* record) {
    if (checkpoints_ != nullptr) checkpoints_->give_back(record);
}

}  // namespace strata::dataplane

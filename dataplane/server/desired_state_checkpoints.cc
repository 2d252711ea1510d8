#include <algorithm>
#include <utility>

#include "dataplane/server/desired_state.h"

// Streams go on from what this process, or one before it, wrote of them last (C53).
namespace strata::dataplane {

void DesiredState::keep_checkpoints(CheckpointStore& store, relay::TimeUs max_age_us,
                                    std::function<relay::TimeUs()> clock) {
    checkpoints_ = &store;
    checkpoint_age_us_ = max_age_us;
    clock_ = std::move(clock);
}

void DesiredState::resume(Subscription& subscription) {
    relay::ReceiverConfig& config = subscription.config;
    subscription.extended_sequence = config.first_sequence;
    // C25: where numbers may have been used under the keys there are, nothing is sent again.
    if (subscription.repair &&
        !resume(*subscription.repair, subscription.id,
                subscription.track->track->config().clock_rate_hz) &&
        subscription.legs) {
        give_back_checkpoint(subscription.repair->checkpoint);
        subscription.repair.reset();
    }
    if (checkpoints_ == nullptr) return;
    const auto claim =
        checkpoints_->claim({.kind = CheckpointKind::outgoing, .id = subscription.id});
    subscription.checkpoint = claim.record;
    if (claim.record == nullptr || !claim.stored) return;
    auto fault = CheckpointFault::none;
    const auto resumption =
        resume_from(*claim.stored,
                    {.ssrc = config.ssrc,
                     .clock_rate_hz = subscription.track->track->config().clock_rate_hz,
                     .max_age_us = checkpoint_age_us_},
                    clock_(), fault);
    if (!resumption) {
        claim.record->states = {};
        subscription.checkpoint_refused = true;
        return;
    }
    config.resume = resumption->from;
    config.first_sequence = resumption->from.next_sequence;
    subscription.extended_sequence = resumption->granted.extended_sequence;
    subscription.packets_kept = resumption->from.packets;
    write_checkpoint(*claim.record, resumption->granted);
}

// The numbers of its retransmissions. False: they are in doubt.
bool DesiredState::resume(Repair& repair, std::uint64_t id, std::uint32_t clock_rate_hz) {
    if (checkpoints_ == nullptr || repair.rtx_ssrc == 0) return true;
    const auto claim = checkpoints_->claim({.kind = CheckpointKind::outgoing_rtx, .id = id});
    repair.checkpoint = claim.record;
    if (claim.record == nullptr || !claim.stored) return true;
    auto fault = CheckpointFault::none;
    const auto resumption = resume_from(
        *claim.stored,
        {.ssrc = repair.rtx_ssrc, .clock_rate_hz = clock_rate_hz, .max_age_us = checkpoint_age_us_},
        clock_(), fault);
    if (!resumption) {
        claim.record->states = {};
        return false;
    }
    repair.resumed = true;
    repair.next_sequence = repair.sequence_kept = resumption->granted.extended_sequence;
    write_checkpoint(*claim.record, resumption->granted);
    return true;
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

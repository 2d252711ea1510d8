#include "bench/generator/layer_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/generator/layer_bit.h"

namespace strata::gen {

void LayerCheck::set_target(std::int64_t now_us, const relay::LayerTarget& target,
                            const std::string& text) {
    changes_.push_back({target, text, now_us, -1});
}

void LayerCheck::on_packet(std::int64_t now_us, std::int64_t ordinal) {
    if (ordinal < next_) return;
    Got& got = got_[ordinal];
    if (got.packets++ == 0) got.first_us = now_us;
}

std::uint8_t LayerCheck::top_spatial(const relay::LayerTarget& target) const {
    return std::min(target.spatial, journal_.max_spatial_id(target.encoding));
}

std::uint8_t LayerCheck::top_temporal(const relay::LayerTarget& target) const {
    return std::min(target.temporal, journal_.max_temporal_id(target.encoding));
}

bool LayerCheck::wanted_by(const SentFrame& frame, const relay::LayerTarget& target) const {
    if (target.paused || frame.encoding != target.encoding) return false;
    const std::size_t s = std::min<std::size_t>(target.spatial, kLayerLimit - 1);
    const std::size_t t = std::min<std::size_t>(target.temporal, kLayerLimit - 1);
    return (frame.wanted & layer_bit(s, t)) != 0;
}

std::string LayerCheck::say(const SentFrame& frame) const {
    return fmt::format("encoding {} S{}T{} sent at {:.3f} s, target {}", frame.encoding,
                       frame.spatial_id, frame.temporal_id,
                       static_cast<double>(frame.sent_us - changes_.front().since_us) / 1e6,
                       at_ >= 0 ? changes_[static_cast<std::size_t>(at_)].text : "none yet");
}

void LayerCheck::judge(std::int64_t now_us) { judge_until(now_us - times_.late_us); }

void LayerCheck::judge_until(std::int64_t until_us) {
    next_ = std::max(next_, journal_.first_frame());
    while (const SentFrame* frame = journal_.frame(next_)) {
        if (frame->sent_us >= until_us) return;
        enter_phases(frame->sent_us);
        const auto got = got_.find(next_);
        if (at_ >= 0) judge_frame(*frame, got == got_.end() ? nullptr : &got->second);
        if (got != got_.end()) got_.erase(got);
        ++next_;
    }
}

void LayerCheck::enter_phases(std::int64_t sent_us) {
    while (at_ + 1 < static_cast<int>(changes_.size()) &&
           changes_[static_cast<std::size_t>(at_ + 1)].since_us <= sent_us) {
        ++at_;
        phase_ = {};
        const TargetChange& now = changes_[static_cast<std::size_t>(at_)];
        if (now.target.paused) {
            phase_.settled = true;
            phase_.settled_us = now.since_us + times_.grace_us;
            continue;
        }
        if (at_ == 0) continue;
        const relay::LayerTarget& before = changes_[static_cast<std::size_t>(at_ - 1)].target;
        const bool lowered = !before.paused && before.encoding == now.target.encoding &&
                             top_spatial(now.target) <= top_spatial(before) &&
                             top_temporal(now.target) <= top_temporal(before);
        const bool at_once = !independent_layers_ || top_spatial(now.target) == top_spatial(before);
        if (!lowered || !at_once) continue;
        phase_.settled = true;
        phase_.settled_us = now.since_us + times_.grace_us;
    }
}

void LayerCheck::judge_frame(const SentFrame& frame, const Got* got) {
    const TargetChange& change = changes_[static_cast<std::size_t>(at_)];
    ++judged_;
    if (frame.encoding == change.target.encoding) independent_layers_ = frame.independent_layers;
    if (!change.target.paused) watch_silence(frame);
    if (!phase_.settled && got != nullptr && settles(frame)) {
        phase_.settled = true;
        phase_.settled_us = frame.sent_us;
    }
    if (phase_.settled && frame.sent_us >= phase_.settled_us)
        judge_settled(frame, got);
    else
        judge_open(frame, got);
}

// A layer that the publisher stops sending opens the target again (C4, C15).
void LayerCheck::watch_silence(const SentFrame& frame) {
    const relay::LayerTarget& target = changes_[static_cast<std::size_t>(at_)].target;
    if (phase_.last_top_us >= 0 && frame.sent_us - phase_.last_top_us > times_.silence_us) {
        phase_.settled = false;
        phase_.deadline_us = -1;
    }
    if (frame.encoding != target.encoding || frame.spatial_id < top_spatial(target)) return;
    phase_.last_top_us = frame.sent_us;
}

bool LayerCheck::settles(const SentFrame& frame) const {
    const relay::LayerTarget& target = changes_[static_cast<std::size_t>(at_)].target;
    if (frame.encoding != target.encoding || frame.spatial_id != top_spatial(target) ||
        frame.temporal_id != top_temporal(target))
        return false;
    if (at_ == 0) return true;
    const TargetChange& change = changes_[static_cast<std::size_t>(at_)];
    // Frames of the old target prove nothing until a switch was possible.
    return !wanted_by(frame, changes_[static_cast<std::size_t>(at_ - 1)].target) ||
           (phase_.deadline_us >= 0 && frame.sent_us > phase_.deadline_us) ||
           (phase_.last_top_us >= 0 && change.reached_us >= 0);
}

void LayerCheck::judge_settled(const SentFrame& frame, const Got* got) {
    TargetChange& change = changes_[static_cast<std::size_t>(at_)];
    const bool wanted = wanted_by(frame, change.target);
    if (!wanted) {
        if (got != nullptr) faults_.add(Fault::wrong_layer_frames, [&] { return say(frame); });
        return;
    }
    ++wanted_;
    const bool top = frame.spatial_id == top_spatial(change.target) &&
                     frame.temporal_id == top_temporal(change.target);
    if (got != nullptr && top && change.reached_us < 0) change.reached_us = got->first_us;
    if (got != nullptr && got->packets >= frame.packets) return;
    // The change that follows may have reached the relay before this frame did.
    const bool last = static_cast<std::size_t>(at_) + 1 == changes_.size();
    const std::int64_t end_us =
        last ? INT64_MAX : changes_[static_cast<std::size_t>(at_) + 1].since_us;
    if (frame.sent_us + times_.silence_us >= end_us) return;
    faults_.add(Fault::incomplete_frames, [&] {
        return fmt::format("{}: {} of {} packets", say(frame), got == nullptr ? 0 : got->packets,
                           frame.packets);
    });
}

void LayerCheck::judge_open(const SentFrame& frame, const Got* got) {
    const TargetChange& change = changes_[static_cast<std::size_t>(at_)];
    const relay::LayerTarget& target = change.target;
    const bool same_encoding = frame.encoding == target.encoding;
    if (!target.paused && same_encoding && frame.key_picture && phase_.deadline_us < 0 &&
        frame.sent_us >= change.since_us + (at_ == 0 ? 0 : times_.grace_us))
        phase_.deadline_us = frame.sent_us + times_.settle_us;
    const bool top = same_encoding && frame.spatial_id == top_spatial(target) &&
                     frame.temporal_id == top_temporal(target);
    if (top && !phase_.complained && phase_.deadline_us >= 0 &&
        frame.sent_us > phase_.deadline_us) {
        phase_.complained = true;
        faults_.add(Fault::targets_not_reached, [&] { return say(frame); });
    }
    if (got == nullptr) return;
    std::uint8_t spatial = target.paused ? 0 : target.spatial;
    std::uint8_t temporal = target.paused ? 0 : target.temporal;
    std::uint8_t encoding = target.paused ? 0 : target.encoding;
    if (at_ > 0) {
        const relay::LayerTarget& before = changes_[static_cast<std::size_t>(at_ - 1)].target;
        if (!before.paused) {
            spatial = std::max(spatial, before.spatial);
            temporal = std::max(temporal, before.temporal);
            encoding = std::max(encoding, before.encoding);
        }
    }
    if (frame.encoding > encoding || frame.spatial_id > spatial || frame.temporal_id > temporal)
        faults_.add(Fault::wrong_layer_frames, [&] { return say(frame); });
}

}  // namespace strata::gen

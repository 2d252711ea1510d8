#include "bench/generator/picture_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace strata::gen {
namespace {

constexpr std::size_t kRememberedFrames = 4'096;

}  // namespace

void PictureCheck::add(const Arrival& arrival, const FrameFacts& facts) {
    const std::int64_t sequence = arrival.sequence;
    if (sequence > newest_sequence_) {
        if (newest_timestamp_ >= 0 && facts.timestamp < newest_timestamp_)
            faults_.add(Fault::timestamps_backward, [&] {
                return fmt::format("{} ticks back at packet {}",
                                   newest_timestamp_ - facts.timestamp, sequence & 0xffff);
            });
        newest_sequence_ = sequence;
        newest_timestamp_ = facts.timestamp;
    }
    if (received_.insert(facts.id).second) {
        received_order_.push_back(facts.id);
        if (received_order_.size() >= 2 * kRememberedFrames) {
            const auto end = received_order_.begin() + kRememberedFrames;
            for (auto at = received_order_.begin(); at != end; ++at) received_.erase(*at);
            received_order_.erase(received_order_.begin(), end);
        }
    }
    if (facts.timestamp <= judged_timestamp_) return;  // too late to change the verdict
    Picture& picture = open_[facts.timestamp];
    if (picture.packets == 0) picture.first_us = arrival.now_us;
    ++picture.packets;
    picture.low = std::min(picture.low, sequence);
    picture.high = std::max(picture.high, sequence);
    picture.key = picture.key || facts.key_picture;
    picture.marker_optional = picture.marker_optional && arrival.marker_optional;
    if (arrival.marker) {
        ++picture.markers;
        picture.marker_at = std::max(picture.marker_at, sequence);
    }
    const bool known =
        std::ranges::any_of(picture.frames, [&](const FrameFacts& f) { return f.id == facts.id; });
    if (!known) picture.frames.push_back(facts);
    settle(arrival.now_us);
}

void PictureCheck::add_empty(std::int64_t sequence, std::int64_t timestamp) {
    const auto at = open_.find(timestamp);
    if (at == open_.end()) return;
    ++at->second.packets;
    at->second.low = std::min(at->second.low, sequence);
    at->second.high = std::max(at->second.high, sequence);
}

void PictureCheck::settle(std::int64_t now_us, bool all) {
    while (!open_.empty()) {
        const auto first = open_.begin();
        const bool followed = open_.size() >= 2;
        const bool old = now_us - first->second.first_us > kSettle_us;
        // The last picture may still be arriving: it is judged by nobody.
        if (!followed || !(all || open_.size() > 2 || old)) return;
        judge(first->first, first->second, &std::next(first)->second);
        open_.erase(first);
    }
}

void PictureCheck::judge(std::int64_t timestamp, const Picture& picture, const Picture* next) {
    judge_markers(timestamp, picture, next);
    if (!begun_ && !picture.key)
        faults_.add(Fault::started_without_key,
                    [&] { return fmt::format("first picture, timestamp {}", timestamp); });
    judge_references(picture);
    judge_numbers(picture, judged_high_ == INT64_MIN || judged_high_ + 1 == picture.low);
    begun_ = true;
    judged_high_ = picture.high;
    judged_timestamp_ = timestamp;
    note(picture);
}

void PictureCheck::judge_markers(std::int64_t timestamp, const Picture& picture,
                                 const Picture* next) {
    const auto span = static_cast<std::uint64_t>(picture.high - picture.low + 1);
    const bool whole = picture.packets == span && next != nullptr && next->low == picture.high + 1;
    const auto where = [&] {
        std::string frames;
        for (const FrameFacts& f : picture.frames)
            frames += fmt::format(" S{}T{}", f.spatial_id, f.temporal_id);
        return fmt::format("picture with timestamp {},{} in packets {} to {}",
                           timestamp & 0xffffffff, frames, picture.low & 0xffff,
                           picture.high & 0xffff);
    };
    if (picture.markers == 0 && whole && !picture.marker_optional)
        faults_.add(Fault::missing_markers, where);
    if (picture.markers > 1 || (picture.markers == 1 && picture.marker_at != picture.high))
        faults_.add(Fault::extra_markers, where);
}

void PictureCheck::judge_references(const Picture& picture) {
    for (const FrameFacts& frame : picture.frames) {
        if (!frame.references_known) continue;
        for (const std::int64_t reference : frame.references)
            if (!received_.contains(reference))
                faults_.add(Fault::missing_references, [&] {
                    return fmt::format("frame {} (S{}T{}) refers to {}", frame.id, frame.spatial_id,
                                       frame.temporal_id, reference);
                });
    }
}

void PictureCheck::judge_numbers(const Picture& picture, bool contiguous) {
    const FrameFacts& frame = picture.frames.front();
    const bool anew = picture.key || !contiguous;
    if (frame.picture_id >= 0) {
        if (!anew && frame.vp8 && last_picture_id_ >= 0 && frame.picture_id != last_picture_id_ + 1)
            faults_.add(Fault::picture_id_gaps, [&] {
                return fmt::format("picture id {} after {}", frame.picture_id, last_picture_id_);
            });
        last_picture_id_ = frame.picture_id;
    }
    if (frame.tl0_pic_idx >= 0) {
        const int wanted = frame.temporal_id == 0 ? (last_tl0_ + 1) & 0xff : last_tl0_;
        if (!anew && last_tl0_ >= 0 && frame.tl0_pic_idx != wanted)
            faults_.add(Fault::tl0_pic_idx_gaps, [&] {
                return fmt::format("TL0PICIDX {} at T{} after {}", frame.tl0_pic_idx,
                                   frame.temporal_id, last_tl0_);
            });
        last_tl0_ = frame.tl0_pic_idx;
    }
}

void PictureCheck::note(const Picture& picture) {
    ++view_.pictures;
    view_.frames += picture.frames.size();
    if (picture.key) ++view_.key_pictures;
    for (const FrameFacts& frame : picture.frames)
        second_temporal_ = std::max(second_temporal_, frame.temporal_id);
    const auto top = std::ranges::max_element(picture.frames, {}, &FrameFacts::spatial_id);
    if (top->width != 0) {
        view_.width = top->width;
        view_.height = top->height;
    }
    view_.spatial_id = top->spatial_id;
    view_.temporal_id = second_temporal_;
}

}  // namespace strata::gen

#include "relay/svc/selector.h"

#include <algorithm>

#include "relay/svc/predicate.h"
#include "relay/svc/switch_rules.h"

namespace strata::relay {

Selector::Selector(const Settings& settings, std::size_t receivers,
                   std::pmr::memory_resource* memory)
    : cohorts_(receivers, memory),
      availability_(settings.encodings, settings.silence_us),
      settings_(settings) {}

CohortIndex Selector::enter(const Cohort& cohort) {
    std::size_t free = used_;
    for (std::size_t i = 0; i < used_; ++i) {
        Cohort& other = cohorts_[i];
        if (other.members == 0) {
            free = i;
        } else if (other.current == cohort.current && other.target == cohort.target) {
            other.merge(cohort);
            return static_cast<CohortIndex>(i);
        }
    }
    // A place is always free: there are no more cohorts with members than receivers.
    if (free == used_) ++used_;
    cohorts_[free] = cohort;
    return static_cast<CohortIndex>(free);
}

CohortIndex Selector::join(const LayerTarget& target) {
    Cohort member;
    member.target = target;
    member.members = 1;
    return enter(member);
}

CohortIndex Selector::retarget(CohortIndex cohort, const LayerTarget& target) {
    Cohort member = cohorts_[cohort];
    leave(cohort);
    member.members = 1;
    member.target = target;
    if (target.paused) member.start(kNoLayer);
    return enter(member);
}

CohortIndex Selector::stop(CohortIndex cohort) {
    Cohort member = cohorts_[cohort];
    leave(cohort);
    member.members = 1;
    member.start(kNoLayer);
    return enter(member);
}

std::optional<Selector::Move> Selector::decide_start(const Cohort& cohort, LayerId desired,
                                                     const FrameInfo& frame,
                                                     const FrameRecord& record) const {
    // C48: without key frames in sight only a source that is gone is worth leaving.
    if (!cohort.current.none() && settings_.blind && availability_.alive(cohort.current.encoding))
        return std::nullopt;
    if (!may_start(frame, record, desired)) return std::nullopt;
    return Move{desired, false};
}

std::optional<Selector::Move> Selector::decide_within(const Cohort& cohort, LayerId desired,
                                                      const FrameInfo& frame,
                                                      const FrameRecord& record,
                                                      const FrameRing& ring) const {
    const LayerId current = cohort.current;
    const bool within = cohort.picture == frame.picture;
    const SwitchPoint point{.frame = frame,
                            .record = record,
                            .ring = ring,
                            .within_picture = within,
                            .sent = availability_.highest(current.encoding, kMaxSpatialLayers - 1)};
    const auto allowed = [&](SpatialId spatial, TemporalId temporal) {
        const LayerId layer{current.encoding, spatial, temporal};
        return layer != current && may_switch(cohort, layer, point);
    };
    const auto move = [&](SpatialId spatial, TemporalId temporal) {
        return Move{{current.encoding, spatial, temporal}, within && cohort.picture_done};
    };
    const TemporalId no_more = std::min(current.temporal, desired.temporal);
    // The members' own frame of this picture is still on its way. The old group's rules hold for it
    // (C7): it brings a marker of its own (C5), or is dropped though the new group refers to it.
    const bool own_frame_late = !frame.leads_picture && current.spatial < frame.spatial_id &&
                                availability_.sent(current.encoding, current.spatial);
    if (within) {
        // Only to the layer that this frame begins: up, or either way if it refers to nothing
        // (C15a).
        const SpatialId top = effective_spatial(frame, desired.spatial, desired.temporal);
        const SpatialId to = top == frame.spatial_id ? desired.spatial : frame.spatial_id;
        const bool down = to < current.spatial;
        if (frame.one_access_unit || (own_frame_late && !cohort.picture_begun)) return std::nullopt;
        const bool possible =
            down ? to == desired.spatial && frame.independent && !cohort.picture_begun
                 : to > current.spatial && to <= desired.spatial;
        if (!possible || !allowed(to, no_more)) return std::nullopt;
        return move(to, no_more);
    }
    const SpatialMode mode = availability_.mode(current.encoding);
    // The same of the picture's base, which will not end the picture by the old rules, or will not
    // be forwarded at all.
    const bool base_is_late = frame.spatial_id > 0 && !frame.leads_picture;
    if (own_frame_late ||
        (base_is_late && (mode == SpatialMode::full || desired.spatial < frame.spatial_id)))
        return std::nullopt;
    if (allowed(desired.spatial, desired.temporal)) return move(desired.spatial, desired.temporal);
    if (allowed(desired.spatial, no_more)) return move(desired.spatial, no_more);

    const bool bound = mode == SpatialMode::key || mode == SpatialMode::none;
    // C3: the way down waits for a key picture; meanwhile the rate goes down by frames.
    const bool saving = bound && desired.spatial < current.spatial;
    const TemporalId most = saving ? TemporalId{0} : desired.temporal;
    for (TemporalId t = most; t > current.temporal; --t)
        if (allowed(current.spatial, t)) return move(current.spatial, t);
    if (most < current.temporal && allowed(current.spatial, most))
        return move(current.spatial, most);
    for (SpatialId s = desired.spatial; s-- > current.spatial + 1;)
        if (!bound && allowed(s, no_more)) return move(s, no_more);
    return std::nullopt;
}

std::optional<Selector::Move> Selector::decide(CohortIndex index, std::uint8_t encoding,
                                               const FrameInfo& frame, const FrameRecord& record,
                                               const FrameRing& ring) const {
    const Cohort& cohort = cohorts_[index];
    if (cohort.members == 0 || cohort.target.paused) return std::nullopt;
    if (cohort.current.encoding == encoding && cohort.moved_at == frame.id) return std::nullopt;
    const bool at_key = frame.key_picture && frame.independent;
    const LayerId desired = availability_.desired(cohort.current, cohort.target, at_key);
    if (desired.none() || desired == cohort.current || desired.encoding != encoding)
        return std::nullopt;
    if (cohort.current.encoding != encoding) return decide_start(cohort, desired, frame, record);
    return decide_within(cohort, desired, frame, record, ring);
}

CohortIndex Selector::move(CohortIndex index, LayerId to, std::int64_t frame_id) {
    Cohort moved = cohorts_[index];
    cohorts_[index].members = 0;
    if (moved.current.encoding != to.encoding) moved.start(to);
    moved.current = to;
    moved.moved_at = frame_id;
    return enter(moved);
}

void Selector::after_frame(std::uint8_t encoding, const FrameInfo& frame, const FrameRecord& record,
                           const FrameRing& ring) {
    for (std::size_t i = 0; i < used_; ++i)
        if (cohorts_[i].members != 0 && cohorts_[i].current.encoding == encoding)
            cohorts_[i].on_frame(frame, record, ring);
}

void Selector::after_late_frame(std::uint8_t encoding, const FrameRecord& record) {
    for (std::size_t i = 0; i < used_; ++i)
        if (cohorts_[i].members != 0 && cohorts_[i].current.encoding == encoding)
            cohorts_[i].on_late_frame(record);
}

void Selector::take(const Selector& smaller) {
    availability_ = smaller.availability_;
    used_ = smaller.used_;
    std::copy_n(smaller.cohorts_.begin(), used_, cohorts_.begin());
}

// To be where it isn't.
bool Selector::needs_key_frame(const Cohort& cohort, LayerId desired) const {
    if (cohort.current.encoding != desired.encoding) return true;
    const SpatialMode mode = availability_.mode(desired.encoding);
    const bool bound = mode == SpatialMode::key || mode == SpatialMode::none;
    if (desired.spatial > cohort.current.spatial) return true;
    if (bound && desired.spatial != cohort.current.spatial) return true;
    // C1: a stream that never says where temporal layers may be taken.
    return desired.temporal > cohort.current.temporal &&
           !availability_.temporal_points(desired.encoding) && (cohort.ready & desired.bit()) == 0;
}

Selector::Wishes Selector::wishes() const {
    Wishes wishes;
    for (std::size_t i = 0; i < used_; ++i) {
        const Cohort& cohort = cohorts_[i];
        if (cohort.members == 0) continue;
        const LayerId desired = availability_.desired(cohort.current, cohort.target, false);
        if (desired.none() || desired == cohort.current) continue;
        wishes.settled = false;
        if (needs_key_frame(cohort, desired)) wishes.waiting |= 1u << desired.encoding;
    }
    return wishes;
}

}  // namespace strata::relay

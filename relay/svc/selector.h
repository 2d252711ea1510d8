#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "relay/svc/availability.h"
#include "relay/svc/cohort.h"
#include "relay/svc/frame_info.h"
#include "relay/svc/frame_ring.h"
#include "relay/svc/layer_id.h"
#include "relay/svc/prefetch.h"

namespace strata::relay {

using CohortIndex = std::uint32_t;

// Decides which cohorts of one track move between layer groups, and when (C1–C4, C8, C13–C15a, C48,
// C49). Knows frames, not packets or receivers. For each frame of an encoding, in order:
//     for each cohort: decide(); where it says so, the caller moves the members and calls move();
//     then after_frame().
class Selector {
  public:
    struct Settings {
        std::size_t encodings = 1;
        TimeUs silence_us = 250'000;  // C4
        // Key frames can't be recognised (C48): no switch between encodings that both live.
        bool blind = false;
    };

    // Where a cohort goes at the frame in question.
    struct Move {
        LayerId to;
        // The picture was already complete for the members: what comes now must not share its
        // timestamp, or it would have two markers.
        bool after_marker = false;
    };

    // At most `receivers` members. Main thread.
    Selector(const Settings& settings, std::size_t receivers,
             std::pmr::memory_resource* memory = std::pmr::get_default_resource());

    // A receiver that was given nothing yet. It is told its cohort, and again by every call below.
    CohortIndex join(const LayerTarget& target);
    void leave(CohortIndex cohort) { --cohorts_[cohort].members; }
    // One member wants something else. Paused: it leaves its group at once (C49).
    CohortIndex retarget(CohortIndex cohort, const LayerTarget& target);
    // One member stops where it is and waits to be started again.
    CohortIndex stop(CohortIndex cohort);

    Availability& availability() { return availability_; }
    const Availability& availability() const { return availability_; }

    // `frame` is the newest of `encoding`, just begun; `record` it in `ring`.
    std::optional<Move> decide(CohortIndex cohort, std::uint8_t encoding, const FrameInfo& frame,
                               const FrameRecord& record, const FrameRing& ring) const;
    // All members have moved; the cohort that they are in from now on.
    CohortIndex move(CohortIndex cohort, LayerId to, std::int64_t frame_id);
    void after_frame(std::uint8_t encoding, const FrameInfo& frame, const FrameRecord& record,
                     const FrameRing& ring);
    void after_late_frame(std::uint8_t encoding, const FrameRecord& record);

    // Where cohorts want to be, as far as is known now.
    struct Wishes {
        std::uint32_t waiting = 0;  // bit e: somebody waits for a key frame of encoding e
        bool settled = true;        // nobody wants to be elsewhere than he is
    };
    Wishes wishes() const;
    // Everybody is where he wants to be: as long as looks_settled() says so, nobody will want more.
    void note_settled() { settled_at_ = availability_.outlook(); }
    bool looks_settled() const { return availability_.is(settled_at_); }

    // All of `smaller`, made with the same settings for fewer receivers.
    void take(const Selector& smaller);

    // Brings near what a frame touches besides availability; in two steps, since the second needs
    // the first.
    [[gnu::always_inline]] void prefetch() const { __builtin_prefetch(this, 1); }
    [[gnu::always_inline]] void prefetch_cohorts() const {
        if (used_ != 0) prefetch_lines(cohorts_.data(), 2 * kCacheLine);
    }

    std::size_t cohort_count() const { return used_; }  // places to iterate over
    const Cohort& cohort(CohortIndex index) const { return cohorts_[index]; }

  private:
    CohortIndex enter(const Cohort& cohort);
    std::optional<Move> decide_start(const Cohort& cohort, LayerId desired, const FrameInfo& frame,
                                     const FrameRecord& record) const;
    std::optional<Move> decide_within(const Cohort& cohort, LayerId desired, const FrameInfo& frame,
                                      const FrameRecord& record, const FrameRing& ring) const;
    bool needs_key_frame(const Cohort& cohort, LayerId desired) const;

    // In the order in which a new frame needs them: two cache lines and a half, of one encoding.
    std::pmr::vector<Cohort> cohorts_;
    std::size_t used_ = 0;
    Availability::Outlook settled_at_;
    Availability availability_;
    Settings settings_;
};

}  // namespace strata::relay

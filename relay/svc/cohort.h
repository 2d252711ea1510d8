#pragma once

#include <array>
#include <cstdint>

#include "relay/svc/frame_info.h"
#include "relay/svc/frame_ring.h"
#include "relay/svc/layer_id.h"

namespace strata::relay {

// Receivers that are in one layer group and want one target move together. A cohort knows what its
// members were given, so that whether they may move is decided once for all of them.
struct Cohort {
    LayerId current;
    LayerTarget target;
    std::uint32_t members = 0;  // 0: this place is free

    // Groups B of the same encoding in which every later frame is decodable for the members, should
    // they move now: a frame that switches to B was given, and none that B needs dropped since.
    LayerMask ready = 0;
    // Chains with a frame that was dropped by policy or given up (C8). A chain none of whose frames
    // is known to be missing, only not yet seen, isn't broken.
    std::uint32_t broken_chains = 0;
    std::int64_t picture = -1;   // of the encoding's last frame, given or not
    bool picture_begun = false;  // members were given a frame of it
    bool picture_done = false;   // … and the one that ends it for them: its marker went out (B2)
    std::int64_t moved_at = -1;  // frame id

    // Whether the members were given the frame, or its packets as far as they came. False for
    // frames older than kGivenWindow frames.
    bool given(const FrameRecord& frame, const FrameRing& ring) const;
    // Whether all references of `frame` are known and given. True when references aren't known.
    bool references_given(const FrameInfo& frame, const FrameRing& ring) const;

    // Members come to `layer` with nothing given of its encoding.
    void start(LayerId layer);
    // A frame of the current encoding, after moves at it.
    void on_frame(const FrameInfo& frame, const FrameRecord& record, const FrameRing& ring);
    // A whole frame that came too late to count as the newest.
    void on_late_frame(const FrameRecord& record);
    // Members of `other`, in the same group with the same target, join: only what both know holds.
    void merge(const Cohort& other);

    static constexpr std::uint32_t kGivenWindow = 256;

  private:
    void follow_chains(const FrameInfo& frame, bool takes, const FrameRing& ring);
    void set_given(std::uint32_t serial, bool value);
    std::array<std::uint64_t, kGivenWindow / 64> given_{};
};

}  // namespace strata::relay

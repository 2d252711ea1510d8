#pragma once

#include "relay/svc/cohort.h"
#include "relay/svc/frame_info.h"
#include "relay/svc/frame_ring.h"

namespace strata::relay {

// Whether members of `cohort` may start with `frame` in group `layer` with nothing given before: a
// key picture's first frame, or for S-modes (C15a) a frame of the layer without references.
bool may_start(const FrameInfo& frame, const FrameRecord& record, LayerId layer);

// A frame at which a cohort may move.
struct SwitchPoint {
    const FrameInfo& frame;
    const FrameRecord& record;
    const FrameRing& ring;
    // The picture began with an earlier frame: only a switch to the frame's own spatial layer comes
    // into question.
    bool within_picture = false;
    SpatialId sent = kMaxSpatialLayers - 1;  // highest spatial layer that is being sent
};

// Whether members of `cohort` may take group `layer` of the same encoding instead of their current
// one from the frame on: nothing that the group forwards from there on, the frame included, refers
// to what they were not given, as far as the stream vouches for it (C1, C2, C3, C8).
//   * Every layer starts anew at the frame; or
//   * some earlier frame was a switch point to `layer`, and nothing that `layer` needs was dropped
//     since (its chain is intact); or
//   * the frame itself is the switch point, and its references were given.
bool may_switch(const Cohort& cohort, LayerId layer, const SwitchPoint& point);

}  // namespace strata::relay

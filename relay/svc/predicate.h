#pragma once

#include "relay/svc/frame_info.h"

namespace strata::relay {

// What a frame is to each possible layer group of its encoding. Pure functions of the frame, so
// that what a group drops is well defined for its whole life; everything dynamic is movement of
// receivers between groups.
struct LayerSets {
    LayerMask wanted = 0;     // groups that forward the frame
    LayerMask needed = 0;     // of these, where a later frame may refer to it
    LayerMask switching = 0;  // of these, where all later frames are decodable if this one is
                              // (a layered codec's U or Y speaks of its own level on: see C1)
    LayerMask top = 0;        // of these, where it is the picture's highest layer (B2, C5)
};

LayerSets layer_sets(const FrameInfo& frame);

// The group's spatial layer once layers that the structure doesn't have are left out.
SpatialId effective_spatial(const FrameInfo& frame, SpatialId spatial, TemporalId temporal);

}  // namespace strata::relay

#pragma once

#include <gtest/gtest.h>

#include "relay/svc/cohort.h"
#include "relay/svc/frame_ring.h"
#include "relay/svc/predicate.h"

namespace strata::relay {

// One cohort in the lowest group, fed with frames as a track does.
class CohortRig : public testing::Test {
  protected:
    CohortRig() : ring_(256) { cohort_.start({0, 0, 0}); }

    FrameRecord& enter(const FrameInfo& frame) {
        FrameRecord& record = *ring_.insert(frame.id);
        const LayerSets sets = layer_sets(frame);
        record.wanted = sets.wanted;
        record.needed = sets.needed;
        record.switching = sets.switching;
        record.top = sets.top;
        return record;
    }
    void feed(const FrameInfo& frame) { cohort_.on_frame(frame, enter(frame), ring_); }

    FrameRing ring_;
    Cohort cohort_;
};

}  // namespace strata::relay

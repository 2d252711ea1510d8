#include "relay/svc/switch_rules.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/svc/cohort_rig.h"
#include "tests/unit/relay/svc/frame_sequences.h"

namespace strata::relay {
namespace {

class SwitchRules : public CohortRig {
  protected:
    bool may(const FrameInfo& frame, SpatialId s, TemporalId t, bool within = false) {
        return may_switch(
            cohort_, {0, s, t},
            {.frame = frame, .record = enter(frame), .ring = ring_, .within_picture = within});
    }
};

TEST_F(SwitchRules, UOnAPictureAboveProvesNothingOfItsOwnReferences) {  // C1
    FrameInfo frame;
    frame.id = frame.picture = 1;
    frame.begun = true;
    frame.top_spatial = 0;
    frame.key_picture = frame.independent = true;
    frame.inter_predicted = false;
    feed(frame);
    frame = FrameInfo{};
    frame.begun = true;
    frame.top_spatial = 0;
    frame.switching_up = true;
    frame.temporal_id = 1;
    frame.id = frame.picture = 2;
    feed(frame);  // dropped
    frame.id = frame.picture = 3;
    EXPECT_FALSE(may(frame, 0, 1)) << "its references aren't known";
    frame.id = frame.picture = 4;
    frame.references_known = true;
    frame.reference_count = 1;
    frame.references[0] = 2;
    EXPECT_FALSE(may(frame, 0, 1)) << "known, and dropped";
    frame.temporal_id = 0;
    frame.references[0] = 1;
    frame.id = frame.picture = 5;
    EXPECT_TRUE(may(frame, 0, 1)) << "a forwarded picture with U";
}

TEST_F(SwitchRules, AFrameWhoseBeginIsMissingIsNoPlaceToMove) {
    FrameSource source(SpatialMode::full, 1, 1, FrameSource::Facts::layer_ids);
    FrameInfo key = source.picture(true)[0];
    key.begun = false;
    EXPECT_FALSE(may_start(key, enter(key), {0, 0, 0}));
    key.begun = true;
    key.id += 8;
    EXPECT_TRUE(may_start(key, enter(key), {0, 0, 0}));
}

TEST_F(SwitchRules, StartsInAnSModeAtTheLayersOwnFrame) {  // C15a
    FrameSource source(SpatialMode::none, 2, 1, FrameSource::Facts::layer_ids);
    const auto key = source.picture(true);
    EXPECT_FALSE(may_start(key[0], enter(key[0]), {0, 1, 0}));
    EXPECT_TRUE(may_start(key[1], enter(key[1]), {0, 1, 0}));
    const auto delta = source.picture();
    EXPECT_FALSE(may_start(delta[1], enter(delta[1]), {0, 1, 0}));
}

TEST_F(SwitchRules, ChainsOfInactiveTargetsVouchForNothing) {  // C8
    FrameSource source(SpatialMode::full, 1, 2, FrameSource::Facts::descriptor);
    for (const FrameInfo& frame : source.picture(true)) feed(frame);
    FrameInfo next = source.picture()[0];  // T1, nothing was dropped
    EXPECT_TRUE(may(next, 0, 1));
    next.id += 8;
    next.active_decode_targets = 1;
    next.dti[1] = Dti::required;
    EXPECT_FALSE(may(next, 0, 1));
}

TEST_F(SwitchRules, ABrokenChainBlocksUntilASwitchPoint) {  // C8
    FrameSource source(SpatialMode::full, 1, 2, FrameSource::Facts::descriptor);
    for (const FrameInfo& frame : source.picture(true)) feed(frame);
    cohort_.broken_chains = 1;
    FrameInfo next = source.picture()[0];
    next.dti[1] = Dti::required;
    EXPECT_FALSE(may(next, 0, 1));
    next.id += 1;
    next.dti[1] = Dti::switch_point;
    EXPECT_TRUE(may(next, 0, 1));
}

TEST_F(SwitchRules, NewStructuresStartEverythingAnew) {  // C9, C15
    FrameSource source(SpatialMode::full, 3, 3, FrameSource::Facts::descriptor);
    const auto key = source.picture(true);
    EXPECT_TRUE(may(key[0], 2, 2));
}

}  // namespace
}  // namespace strata::relay

#include "relay/svc/cohort.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/svc/cohort_rig.h"
#include "tests/unit/relay/svc/frame_sequences.h"

namespace strata::relay {
namespace {

class CohortTest : public CohortRig {
  protected:
    bool broken(int chain) const { return (cohort_.broken_chains >> chain & 1) != 0; }
};

TEST_F(CohortTest, ChainsBreakByPolicyAndStartAnewAtKeyFrames) {  // C8
    FrameSource source(SpatialMode::full, 2, 1, FrameSource::Facts::descriptor);
    for (const FrameInfo& frame : source.picture(true)) feed(frame);
    EXPECT_FALSE(broken(0));
    EXPECT_FALSE(broken(1)) << "the next frame will tell";
    for (const FrameInfo& frame : source.picture()) feed(frame);
    EXPECT_FALSE(broken(0));
    EXPECT_TRUE(broken(1)) << "layer 1 was dropped";
    for (const FrameInfo& frame : source.picture()) feed(frame);
    EXPECT_TRUE(broken(1));
    feed(source.picture(true)[0]);
    EXPECT_FALSE(broken(1));
}

TEST_F(CohortTest, AFrameNotYetSeenIsPresumedThereUntilGivenUp) {  // C8
    FrameSource source(SpatialMode::full, 1, 1, FrameSource::Facts::descriptor);
    feed(source.picture(true)[0]);
    source.picture();  // lost
    const FrameInfo after = source.picture()[0];
    feed(after);
    EXPECT_FALSE(broken(0));
    ring_.give_up_before(after.id);
    // Another look at the same gap, as the next frame of the chain would give.
    FrameInfo next = source.picture()[0];
    next.chain_diff[0] = static_cast<std::uint8_t>(next.id - (after.id - 8));
    feed(next);
    EXPECT_TRUE(broken(0));
}

TEST_F(CohortTest, ReferencesMustBeKnownAndGiven) {
    FrameSource source(SpatialMode::full, 1, 2, FrameSource::Facts::layer_ids);
    const FrameInfo key = source.picture(true)[0], upper = source.picture()[0];
    const FrameInfo next = source.picture()[0];
    EXPECT_FALSE(cohort_.references_given(next, ring_)) << "not seen";
    feed(key);
    EXPECT_TRUE(cohort_.references_given(next, ring_));
    FrameInfo on_upper = next;
    on_upper.references[0] = upper.id;
    feed(upper);
    EXPECT_FALSE(cohort_.references_given(on_upper, ring_)) << "dropped";
    on_upper.references_known = false;
    EXPECT_TRUE(cohort_.references_given(on_upper, ring_));
}

TEST_F(CohortTest, MergingKeepsWhatBothWereGiven) {
    FrameSource source(SpatialMode::full, 1, 1, FrameSource::Facts::layer_ids);
    const FrameInfo key = source.picture(true)[0], next = source.picture()[0];
    FrameRecord& record = enter(key);
    Cohort late = cohort_;
    late.members = 2;
    cohort_.members = 1;
    cohort_.on_frame(key, record, ring_);
    EXPECT_TRUE(cohort_.given(record, ring_));
    cohort_.merge(late);
    EXPECT_EQ(cohort_.members, 3u);
    EXPECT_FALSE(cohort_.given(record, ring_));
    EXPECT_FALSE(cohort_.references_given(next, ring_));
    EXPECT_EQ(cohort_.ready, 0);
}

TEST_F(CohortTest, ForgetsFramesBeyondItsWindow) {
    FrameSource source(SpatialMode::full, 1, 1, FrameSource::Facts::layer_ids);
    const FrameInfo key = source.picture(true)[0];
    feed(key);
    FrameRing ring(1024);
    for (std::uint32_t i = 0; i < Cohort::kGivenWindow + 1; ++i) ring.insert(i + 1);
    EXPECT_FALSE(cohort_.given(*ring.find(1), ring));
}

}  // namespace
}  // namespace strata::relay

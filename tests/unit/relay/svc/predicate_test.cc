#include "relay/svc/predicate.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/svc/frame_sequences.h"

namespace strata::relay {
namespace {

bool wants(const FrameInfo& frame, SpatialId s, TemporalId t) {
    return (layer_sets(frame).wanted & layer_bit(s, t)) != 0;
}

class PredicateBothFacts : public testing::TestWithParam<FrameSource::Facts> {};

TEST_P(PredicateBothFacts, FullSvcTakesEverythingUpToTheGroup) {
    FrameSource source(SpatialMode::full, 3, 3, GetParam());
    source.picture(true);
    for (const FrameInfo& frame : source.picture())  // T2
        for (SpatialId s = 0; s < 4; ++s)
            for (TemporalId t = 0; t < 4; ++t)
                EXPECT_EQ(wants(frame, s, t), frame.spatial_id <= s && t >= 2);
}

TEST_P(PredicateBothFacts, KeySvcTakesLowerLayersOfKeyPicturesOnly) {  // C3
    FrameSource source(SpatialMode::key, 3, 1, GetParam());
    const auto key = source.picture(true), delta = source.picture();
    EXPECT_TRUE(wants(key[0], 2, 0));
    EXPECT_TRUE(wants(key[1], 2, 0));
    EXPECT_FALSE(wants(delta[0], 2, 0));
    EXPECT_FALSE(wants(delta[1], 2, 0));
    EXPECT_TRUE(wants(delta[2], 2, 0));
    EXPECT_TRUE(wants(delta[0], 0, 0));
}

TEST_P(PredicateBothFacts, SModeTakesOneLayer) {  // C15a
    FrameSource source(SpatialMode::none, 3, 1, GetParam());
    for (const bool key : {true, false}) {
        const auto picture = source.picture(key);
        for (SpatialId s = 0; s < 3; ++s)
            for (const FrameInfo& frame : picture)
                EXPECT_EQ(wants(frame, s, 0), frame.spatial_id == s);
    }
}

TEST_P(PredicateBothFacts, AGroupAboveTheStructureMeansItsTop) {  // B2, C5, C15
    FrameSource source(SpatialMode::key, 2, 1, GetParam());
    source.picture(true);
    const auto delta = source.picture();
    EXPECT_TRUE(wants(delta[1], 3, 3));
    EXPECT_FALSE(wants(delta[0], 3, 3));
    EXPECT_NE(layer_sets(delta[1]).top & layer_bit(3, 3), 0);
    EXPECT_EQ(layer_sets(delta[0]).top & layer_bit(3, 3), 0);
    EXPECT_NE(layer_sets(delta[0]).top & layer_bit(0, 3), 0);
    EXPECT_EQ(effective_spatial(delta[0], 3, 3), 1);
}

INSTANTIATE_TEST_SUITE_P(Facts, PredicateBothFacts,
                         testing::Values(FrameSource::Facts::layer_ids,
                                         FrameSource::Facts::descriptor));

TEST(Predicate, DiscardableFramesAreNeverNeeded) {
    FrameInfo frame;
    frame.top_spatial = 0;
    frame.temporal_id = 1;
    EXPECT_EQ(layer_sets(frame).needed, layer_sets(frame).wanted);
    frame.discardable = true;
    EXPECT_EQ(layer_sets(frame).needed, 0);
    EXPECT_NE(layer_sets(frame).wanted, 0);
}

TEST(Predicate, FollowsIndicationsNotIds) {  // C8
    FrameSource source(SpatialMode::full, 2, 1, FrameSource::Facts::descriptor);
    FrameInfo frame = source.picture(true)[0];
    frame.dti[1] = Dti::not_present;
    EXPECT_FALSE(wants(frame, 1, 0)) << "spatial id 0, but not of that decode target";
    EXPECT_TRUE(wants(frame, 0, 0));
}

}  // namespace
}  // namespace strata::relay

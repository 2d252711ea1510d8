#include "relay/svc/layers.h"

#include <gtest/gtest.h>

namespace strata::relay {
namespace {

TEST(Layers, ParsesTargets) {
    const auto both = parse_layer_target("S1T2");
    ASSERT_TRUE(both);
    EXPECT_EQ(both->spatial, 1);
    EXPECT_EQ(both->temporal, 2);
    EXPECT_FALSE(both->paused);
    EXPECT_EQ(parse_layer_target("S2")->temporal, kMaxTemporalLayers - 1);
    EXPECT_EQ(parse_layer_target("T1")->spatial, kMaxSpatialLayers - 1);
    EXPECT_EQ(parse_layer_target("max"), LayerTarget{});
    EXPECT_TRUE(parse_layer_target("none")->paused);
}

TEST(Layers, RefusesWhatIsNoTarget) {
    for (const char* text :
         {"", "S", "T", "S4", "T9", "T1S1", "S1T", "S1 ", "s1", "S1T2x", "MAX", "S-1", "S10"})
        EXPECT_FALSE(parse_layer_target(text)) << text;
}

}  // namespace
}  // namespace strata::relay

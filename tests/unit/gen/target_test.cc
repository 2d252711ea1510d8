#include "bench/generator/target.h"

#include <gtest/gtest.h>

namespace strata::gen {
namespace {

TrackDescription simulcast() {
    TrackDescription track;
    track.codec = "VP8";
    track.encodings = {{"q", 1, 0}, {"h", 2, 0}, {"f", 3, 0}};
    return track;
}

TEST(Target, ReadsLayersAndRids) {
    TrackDescription track;
    track.encodings = {{"", 1, 0}};
    const auto target = parse_target("S1T2", track);
    ASSERT_TRUE(target);
    EXPECT_EQ(target->spatial, 1);
    EXPECT_EQ(target->temporal, 2);
    EXPECT_EQ(parse_target("T1", track)->spatial, relay::kMaxSpatialLayers - 1);
    EXPECT_TRUE(parse_target("none", track)->paused);
    EXPECT_EQ(parse_target("q:T1", simulcast())->encoding, 0);
    EXPECT_EQ(parse_target("max", simulcast())->encoding, 2);
}

TEST(Target, RefusesWhatIsNone) {
    for (const char* text : {"", "S", "S9", "T1S1", "S1T2x", "x:T1", ":T1"})
        EXPECT_FALSE(parse_target(text, simulcast())) << text;
}

}  // namespace
}  // namespace strata::gen

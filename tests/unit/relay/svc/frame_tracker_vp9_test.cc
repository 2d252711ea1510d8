// Frames from VP9 payload descriptors.
#include <gtest/gtest.h>

#include "tests/unit/relay/svc/tracked.h"

namespace strata::relay {
namespace {

TEST(FrameTrackerVp9, Vp9FlexibleModeNamesItsReferences) {  // B1
    Tracked tracked(Codec::vp9);
    tracked.send(Vp9Packet{.sequence = 1, .picture = 1}.build());
    EXPECT_TRUE(tracked.frame().key_picture && tracked.frame().independent);
    const std::int64_t base = tracked.frame().id;
    const auto upper = tracked.send(Vp9Packet{.sequence = 2, .picture = 1, .spatial = 1}.build());
    EXPECT_TRUE(upper.new_frame && upper.newest && upper.ends_frame);
    EXPECT_EQ(tracked.frame().references[0], base);
    EXPECT_EQ(tracked.frame().top_spatial, 1);
    tracked.send(Vp9Packet{.sequence = 3, .picture = 3, .temporal = 1, .p_diff = 2}.build());
    EXPECT_EQ(tracked.frame().reference_count, 1);
    EXPECT_EQ(tracked.frame().references[0], base);
    EXPECT_FALSE(tracked.frame().key_picture);
}

TEST(FrameTrackerVp9, Vp9PictureIdsWrap) {  // C24
    Tracked tracked(Codec::vp9);
    tracked.send(Vp9Packet{.sequence = 1, .picture = 0x7fff}.build());
    const std::int64_t before = tracked.frame().id;
    EXPECT_TRUE(tracked.send(Vp9Packet{.sequence = 2, .picture = 0, .p_diff = 1}.build()).newest);
    EXPECT_EQ(tracked.frame().id - before, 8);
    EXPECT_EQ(tracked.frame().references[0], before);
}

}  // namespace
}  // namespace strata::relay

#include "relay/svc/frame_tracker.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/svc/tracked.h"

namespace strata::relay {
namespace {

TEST(FrameTracker, TheDecisionIsPerFrameAndRemembered) {  // C6
    Tracked tracked(Codec::vp9);
    tracked.send(Vp9Packet{.sequence = 1, .picture = 1}.build());
    const auto first =
        tracked.send(Vp9Packet{.sequence = 3, .picture = 2, .p_diff = 1, .begin = false}.build());
    EXPECT_TRUE(first.new_frame);
    EXPECT_FALSE(tracked.frame().begun);
    const auto late =
        tracked.send(Vp9Packet{.sequence = 2, .picture = 2, .p_diff = 1, .end = false}.build());
    EXPECT_FALSE(late.new_frame);
    EXPECT_EQ(late.frame, first.frame);
    const auto older = tracked.send(Vp9Packet{.sequence = 0, .picture = 0, .p_diff = 1}.build());
    EXPECT_TRUE(older.new_frame);
    EXPECT_FALSE(older.newest);
}

TEST(FrameTracker, Vp8FactsComeFromItsDescriptor) {
    Tracked tracked(Codec::vp8);
    tracked.send(Vp8Packet{.sequence = 1, .picture = 7, .key = true}.build());
    EXPECT_TRUE(tracked.frame().key_picture);
    const auto packet = tracked.send(
        Vp8Packet{.sequence = 2, .picture = 8, .temporal = 1, .sync = true, .timestamp = 3000}
            .build());
    EXPECT_TRUE(tracked.frame().layer_sync);
    EXPECT_FALSE(tracked.frame().references_known);
    EXPECT_EQ(packet.frame->temporal_id, 1);
    EXPECT_EQ(packet.frame->wanted & layer_bit(0, 0), 0);
}

TEST(FrameTracker, CiphertextIsNeverAKeyFrame) {  // C48
    Tracked tracked(Codec::vp8, true);
    tracked.send(Vp8Packet{.sequence = 1, .picture = 7, .key = true}.build());
    EXPECT_FALSE(tracked.frame().key_picture);
    EXPECT_TRUE(tracked.frame().opaque) << "any frame may start a receiver";
}

TEST(FrameTracker, ForgetsEverythingAtAReset) {  // C24
    Tracked tracked(Codec::vp9);
    tracked.send(Vp9Packet{.sequence = 1, .picture = 30'000}.build());
    tracked.tracker.reset();
    EXPECT_EQ(tracked.tracker.ring().newest(), -1);
    EXPECT_TRUE(tracked.send(Vp9Packet{.sequence = 2, .picture = 5}.build()).newest);
}

}  // namespace
}  // namespace strata::relay

// Frames from VP9 payload descriptors.
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/relay/svc/tracked.h"
#include "tests/unit/relay/svc/vp9_packets.h"

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

TEST(FrameTrackerVp9, TheGroupOfFramesNamesReferences) {  // B1, C1
    Tracked tracked(Codec::vp9);
    std::array<std::int64_t, 9> ids{};
    for (std::uint16_t p = 0; p < 9; ++p) {
        tracked.send(
            GofPacket{.sequence = p, .picture = static_cast<std::uint16_t>(100 + p)}.build());
        const FrameInfo& frame = tracked.frame();
        ids[p] = frame.id;
        EXPECT_EQ(frame.temporal_id, GofPacket::kTemporal[p % 4]);
        EXPECT_TRUE(frame.references_known);
        if (p == 0) continue;
        ASSERT_EQ(frame.reference_count, 1);
        EXPECT_EQ(frame.references[0], ids[p - GofPacket::kBack[p % 4]]) << p;
    }
}

TEST(FrameTrackerVp9, ReferencesAndNotUSayWhereToGoUp) {  // C1
    for (const bool claimed : {false, true}) {
        Tracked tracked(Codec::vp9);
        // The second picture of T2 refers to the first one, past that of T1.
        const std::array<std::uint8_t, 4> back{4, 1, 2, 2};
        for (std::uint16_t p = 0; p < 4; ++p) {
            GofPacket packet{.sequence = p, .picture = p, .up = claimed, .back = back};
            tracked.send(packet.build());
            EXPECT_EQ(tracked.frame().switching_up, p != 2) << p << (claimed ? ", U=1" : ", U=0");
        }
    }
}

TEST(FrameTrackerVp9, WithoutLayerIndicesTheGroupOfFramesTellsTheLayer) {
    Tracked tracked(Codec::vp9);
    for (std::uint16_t p = 0; p < 5; ++p) {
        tracked.send(GofPacket{.sequence = p, .picture = p, .layer_indices = false}.build());
        EXPECT_EQ(tracked.frame().temporal_id, GofPacket::kTemporal[p % 4]);
    }
}

TEST(FrameTrackerVp9, OneSpatialLayerRefersToTheOneBelowWhereDSaysSo) {
    Tracked tracked(Codec::vp9);
    tracked.send(GofPacket{.sequence = 1, .picture = 20, .layers = 2}.build());
    const std::int64_t base = tracked.frame().id;
    tracked.send(GofPacket{.sequence = 2, .picture = 20, .spatial = 1, .layers = 2}.build());
    EXPECT_EQ(tracked.frame().reference_count, 1);
    EXPECT_EQ(tracked.frame().references[0], base);
    EXPECT_TRUE(tracked.frame().key_picture);
}

}  // namespace
}  // namespace strata::relay

// Frames that only their timestamp names.
#include <gtest/gtest.h>

#include "tests/unit/relay/svc/tracked.h"

namespace strata::relay {
namespace {

TEST(FrameTrackerTimed, H264KeyFrameBehindADelimiter) {  // C13
    Tracked tracked(Codec::h264);
    PacketBuilder packet;
    packet.payload_type = 100;
    packet.sequence = 1;
    packet.timestamp = 1000;
    packet.payload = {0x09, 0xf0};  // access unit delimiter
    EXPECT_FALSE(tracked.send(packet).new_frame) << "nobody moves before more is known";
    packet.sequence = 2;
    packet.payload = {0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce};  // STAP-A: SPS, PPS
    EXPECT_TRUE(tracked.send(packet).new_frame);
    EXPECT_TRUE(tracked.frame().key_picture && tracked.frame().independent);
    packet.sequence = 3;
    packet.payload = {0x65, 0x88, 0x80};
    packet.marker = true;
    const auto last = tracked.send(packet);
    EXPECT_FALSE(last.new_frame);
    EXPECT_TRUE(last.ends_frame);
    EXPECT_TRUE(last.frame->key_picture);
}

// Each packet of audio is a frame, whatever came before it.
TEST(FrameTrackerTimed, AudioPacketsAreAlike) {
    Tracked tracked(Codec::opus);
    PacketBuilder packet;
    packet.payload_type = 100;
    packet.payload = {0x78, 1, 2};
    FrameRecord first;
    for (const int sequence : {1, 2, 3, 5, 4, 6, 7}) {
        packet.sequence = static_cast<std::uint16_t>(sequence);
        packet.timestamp = static_cast<std::uint32_t>(960 * sequence);
        const TrackedPacket is = tracked.send(packet);
        ASSERT_EQ(is.error, TrackingError::none) << sequence;
        EXPECT_TRUE(is.new_frame && is.ends_frame);
        EXPECT_EQ(is.newest, sequence != 4);
        EXPECT_EQ(is.frame->id, 10'000 + sequence);
        EXPECT_EQ(is.frame->picture, tracked.frame().picture);
        EXPECT_TRUE(tracked.frame().begun);
        EXPECT_EQ(tracked.frame().leads_picture, sequence != 1 && sequence != 4 && sequence != 5);
        if (sequence == 1) first = *is.frame;
        EXPECT_EQ(is.frame->wanted, first.wanted);
        EXPECT_EQ(is.frame->switching, first.switching);
        EXPECT_EQ(is.frame->top, first.top);
        EXPECT_FALSE(is.frame->ended);
        is.frame->ended = true;
    }
    for (int i = 0; i < 100; ++i) {
        ++packet.sequence;
        packet.timestamp += 960;
        ASSERT_TRUE(tracked.send(packet).newest);
    }
    packet.sequence = 9;
    EXPECT_EQ(tracked.send(packet).error, TrackingError::too_old) << "others have its place";
}

}  // namespace
}  // namespace strata::relay

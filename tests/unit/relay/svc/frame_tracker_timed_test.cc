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

}  // namespace
}  // namespace strata::relay

// Frames from the dependency descriptor; what it says of real streams is in track_capture_test.
#include <gtest/gtest.h>

#include "tests/unit/relay/svc/tracked.h"

namespace strata::relay {
namespace {

TEST(FrameTrackerDescriptor, NoFrameBeforeItsStructure) {  // C9
    Tracked tracked(Codec::av1);
    PacketBuilder packet;
    packet.payload_type = 100;
    packet.payload = {0x10, 1, 2, 3};
    packet.extensions = {{1, {0xc0, 0x00, 0x01}}};
    EXPECT_EQ(tracked.send(packet).error, TrackingError::no_structure);
    packet.extensions = {{1, {0xc0, 0x00}}};
    packet.sequence = 2;
    EXPECT_EQ(tracked.send(packet).error, TrackingError::malformed_descriptor);
    packet.extensions.clear();
    packet.sequence = 3;
    EXPECT_EQ(tracked.send(packet).error, TrackingError::no_structure) << "C10: never mixed";
}

}  // namespace
}  // namespace strata::relay

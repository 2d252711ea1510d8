// What groups decide of a packet.
#include <gtest/gtest.h>

#include "tests/unit/relay/svc/track_rig.h"

namespace strata::relay {
namespace {

TEST(TrackPacket, TheHighestForwardedLayerEndsThePicture) {  // B2, C5
    TrackRig rig(Codec::vp9);
    const ReceiverHandle low = rig.subscribe({0, 0, 0, false});
    const ReceiverHandle high = rig.subscribe({0, 1, 0, false});
    for (std::uint16_t i = 0; i < 5; ++i) {
        const auto picture = static_cast<std::uint16_t>(10 + i);
        const std::uint8_t p_diff = i == 0 ? 0 : 1;
        const auto first = static_cast<std::uint16_t>(1 + 3 * i);
        rig.send(Vp9Packet{.sequence = first, .picture = picture, .p_diff = p_diff, .end = false}
                     .build());
        rig.send(Vp9Packet{.sequence = static_cast<std::uint16_t>(first + 1),
                           .picture = picture,
                           .p_diff = p_diff,
                           .begin = false}
                     .build());
        rig.send(Vp9Packet{.sequence = static_cast<std::uint16_t>(first + 2),
                           .picture = picture,
                           .spatial = 1,
                           .p_diff = p_diff}
                     .build());
    }
    for (const ReceiverHandle receiver : {low, high}) {
        EXPECT_EQ(rig.heard(receiver).unmarked(), 0u);
        EXPECT_TRUE(rig.heard(receiver).problems.empty()) << "one marker each";
        EXPECT_EQ(rig.heard(receiver).gaps(), 0u);  // C16
    }
    EXPECT_EQ(rig.heard(low).packets, 10u);
    EXPECT_EQ(rig.heard(high).packets, 15u);
}

}  // namespace
}  // namespace strata::relay

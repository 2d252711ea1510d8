// A publisher that comes back is asked for a key frame before its receivers ask.
#include <gtest/gtest.h>

#include "tests/unit/relay/svc/track_rig.h"

namespace strata::relay::track_absence_test {
namespace {

constexpr LayerTarget kAll{0, 0, 3, false};

class Absence : public testing::Test {
  protected:
    void send(bool key = false) {
        packet_.key = key;
        rig_.send(packet_.build());
        skip(1);
        rig_.now += 33'333;
    }
    // Pictures that don't come.
    void skip(std::uint16_t pictures) {
        packet_.sequence = static_cast<std::uint16_t>(packet_.sequence + pictures);
        packet_.picture = static_cast<std::uint16_t>(packet_.picture + pictures);
        packet_.timestamp += pictures * 3000u;
    }
    // Somebody watches, and nobody has been asked for long.
    void watch() {
        rig_.subscribe(kAll);
        send(true);
        for (int i = 0; i < 60; ++i) send();
        EXPECT_FALSE(rig_.asked());
    }

    TrackRig rig_{Codec::vp8};
    Vp8Packet packet_{.sequence = 65'500, .picture = 10, .timestamp = 1'000};
};

TEST_F(Absence, IsOverWithTheFirstPacket) {
    watch();
    rig_.now += 3'000'000;
    skip(90);
    EXPECT_FALSE(rig_.asked()) << "in vain while it is away";
    send();
    EXPECT_TRUE(rig_.asked());
    EXPECT_FALSE(rig_.asked()) << "once";
}

TEST_F(Absence, OfAKeyFrameNeedsNoOther) {
    watch();
    rig_.now += 3'000'000;
    skip(90);
    send(true);
    EXPECT_FALSE(rig_.asked());
}

TEST_F(Absence, IsNoneIfNothingWasLost) {
    watch();
    rig_.now += 3'000'000;
    send();
    EXPECT_FALSE(rig_.asked()) << "a screen on which nothing moved";
}

TEST_F(Absence, IsNoneIfItIsShort) {
    watch();
    rig_.now += 300'000;
    skip(9);
    send();
    EXPECT_FALSE(rig_.asked()) << "that is what NACK is for";
}

TEST_F(Absence, IsNobodysConcernIfNobodyWatches) {
    send(true);
    for (int i = 0; i < 30; ++i) send();
    rig_.now += 3'000'000;
    skip(90);
    send();
    EXPECT_FALSE(rig_.asked());
}

TEST_F(Absence, IsSeenByALatePacketOnlyOnce) {
    watch();
    rig_.now += 3'000'000;
    skip(90);
    send();
    EXPECT_TRUE(rig_.asked());
    rig_.now += 400'000;
    packet_.sequence = static_cast<std::uint16_t>(packet_.sequence - 40);
    rig_.send(packet_.build());
    EXPECT_FALSE(rig_.asked());
}

}  // namespace
}  // namespace strata::relay::track_absence_test

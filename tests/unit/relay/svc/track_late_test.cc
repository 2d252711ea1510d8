// Late packets and holes.
#include <gtest/gtest.h>

#include "tests/unit/relay/svc/track_rig.h"

namespace strata::relay {
namespace {

LayerTarget want(SpatialId spatial, TemporalId temporal) { return {0, spatial, temporal, false}; }

TEST(TrackLate, ReorderedPacketsGetTheNumberTheyWouldHaveHad) {  // C6, C16
    TrackRig rig(Codec::vp9);
    const ReceiverHandle low = rig.subscribe(want(0, 0)), high = rig.subscribe(want(1, 0));
    rig.send(Vp9Packet{.sequence = 1, .picture = 1, .end = false}.build());
    rig.send(Vp9Packet{.sequence = 3, .picture = 1, .spatial = 1}.build());
    rig.send(Vp9Packet{.sequence = 4, .picture = 2, .p_diff = 1}.build());
    EXPECT_EQ(rig.heard(low).gaps(), 1u) << "the hole is kept open";
    rig.send(Vp9Packet{.sequence = 2, .picture = 1, .begin = false}.build());
    EXPECT_EQ(rig.heard(low).gaps(), 0u);
    EXPECT_EQ(rig.heard(high).gaps(), 0u);
    EXPECT_EQ(rig.heard(low).empty_packets, 0u);
    EXPECT_EQ(rig.heard(low).packets, 3u);
}

TEST(TrackLate, AnUnwantedLatePacketClosesItsHole) {  // C17
    TrackRig rig(Codec::vp9);
    const ReceiverHandle low = rig.subscribe(want(0, 0));
    rig.send(Vp9Packet{.sequence = 1, .picture = 1}.build());
    rig.send(Vp9Packet{.sequence = 3, .picture = 2, .p_diff = 1}.build());
    EXPECT_EQ(rig.heard(low).gaps(), 1u);
    EXPECT_EQ(rig.send(Vp9Packet{.sequence = 2, .picture = 1, .spatial = 1}.build()),
              MediaDrop::layer_not_wanted);
    EXPECT_EQ(rig.heard(low).gaps(), 0u);
    EXPECT_EQ(rig.heard(low).empty_packets, 1u);
}

TEST(TrackLate, GivenUpHolesAreClosed) {  // C17
    TrackRig rig(Codec::vp9);
    const ReceiverHandle low = rig.subscribe(want(0, 0)), high = rig.subscribe(want(1, 0));
    rig.send(Vp9Packet{.sequence = 1, .picture = 1}.build());
    rig.send(Vp9Packet{.sequence = 4, .picture = 2, .p_diff = 1}.build());
    for (int i = 0; i < 50; ++i) {
        rig.give_up_holes();
        EXPECT_EQ(rig.heard(low).empty_packets, 0u);
        rig.now += 10'000;
    }
    for (int i = 0; i < 70; ++i) {
        rig.give_up_holes();
        rig.now += 10'000;
    }
    for (const ReceiverHandle receiver : {low, high}) {
        EXPECT_EQ(rig.heard(receiver).empty_packets, 2u);
        EXPECT_EQ(rig.heard(receiver).gaps(), 0u);
    }
    EXPECT_EQ(rig.send(Vp9Packet{.sequence = 2, .picture = 1, .spatial = 1}.build()),
              MediaDrop::layer_not_wanted)
        << "too late now";
}

// A worker does nothing else meanwhile: of many receivers' holes so many are closed at once and no
// more, each group's in turn.
TEST(TrackLate, HolesOfManyReceiversAreClosedBitByBit) {  // C17
    constexpr std::uint32_t kReceivers = 600;
    constexpr int kHoles = 12;
    TrackRig rig(Codec::vp9, 1, kReceivers);
    std::vector<ReceiverHandle> all;
    for (std::uint32_t i = 0; i < kReceivers; ++i)
        all.push_back(rig.subscribe(want(i % 3 == 0 ? 1 : 0, 0)));
    rig.send(Vp9Packet{.sequence = 1, .picture = 1}.build());
    for (std::uint16_t i = 1; i <= kHoles; ++i)
        rig.send(Vp9Packet{.sequence = static_cast<std::uint16_t>(1 + 2 * i),
                           .picture = static_cast<std::uint16_t>(1 + i),
                           .p_diff = 1}
                     .build());
    for (int i = 0; i < 130; ++i, rig.now += 10'000) {
        if (rig.heard(all[0]).empty_packets + rig.heard(all[1]).empty_packets != 0) break;
        rig.give_up_holes();
    }
    const auto heard = [&] {
        std::size_t packets = 0;
        for (const ReceiverHandle receiver : all) packets += rig.heard(receiver).empty_packets;
        return packets;
    };
    std::size_t before = heard();
    EXPECT_GT(before, 0u);
    EXPECT_LE(before, kMaxClosingPackets + kReceivers);
    int calls = 1;
    for (; before < kReceivers * kHoles; ++calls) {
        ASSERT_LT(calls, 20);
        const std::size_t low = rig.heard(all[1]).empty_packets,
                          high = rig.heard(all[0]).empty_packets;
        rig.now += 10'000;
        rig.give_up_holes();
        const std::size_t now = heard();
        EXPECT_LE(now - before, kMaxClosingPackets + kReceivers);
        EXPECT_TRUE(rig.heard(all[1]).empty_packets > low ||
                    rig.heard(all[0]).empty_packets > high);
        before = now;
    }
    EXPECT_GE(calls, 3);
    for (const ReceiverHandle receiver : all) EXPECT_EQ(rig.heard(receiver).gaps(), 0u);
    EXPECT_EQ(before, kReceivers * kHoles);
}

// A track that has nothing to wait for is spared its timers until something comes.
TEST(TrackLate, WithoutHolesTimersRest) {  // C17
    TrackRig rig(Codec::vp9);
    const ReceiverHandle low = rig.subscribe(want(0, 0));
    EXPECT_FALSE(rig.track().rests());
    rig.send(Vp9Packet{.sequence = 1, .picture = 1}.build());
    EXPECT_FALSE(rig.track().rests()) << "the timer hasn't seen it";
    rig.give_up_holes();
    EXPECT_TRUE(rig.track().rests());
    rig.send(Vp9Packet{.sequence = 3, .picture = 2, .p_diff = 1}.build());
    EXPECT_FALSE(rig.track().rests());
    int timers = 0;
    for (; !rig.track().rests(); ++timers) {
        ASSERT_LT(timers, 200);
        rig.now += 10'000;
        rig.give_up_holes();
    }
    EXPECT_EQ(rig.heard(low).empty_packets, 1u);
    EXPECT_GE(timers, 100) << "it was given up at once";
    const std::uint32_t before = rig.track().changes();
    rig.subscribe(want(0, 0));
    EXPECT_FALSE(rig.track().rests());
    EXPECT_NE(rig.track().changes(), before);
}

TEST(TrackLate, OfSeveralEncodingsTimersNeverRest) {  // C15
    TrackRig rig(Codec::vp8, 2);
    rig.give_up_holes();
    EXPECT_FALSE(rig.track().rests());
}

TEST(TrackLate, ContiguousPaddingIsClosedUp) {  // C18
    TrackRig rig(Codec::vp9);
    const ReceiverHandle low = rig.subscribe(want(0, 0));
    rig.send(Vp9Packet{.sequence = 1, .picture = 1}.build());
    PacketBuilder padding;
    padding.payload_type = kVp9Type;
    padding.sequence = 2;
    padding.padding = 100;
    rig.send(padding);
    rig.send(Vp9Packet{.sequence = 3, .picture = 2, .p_diff = 1}.build());
    EXPECT_EQ(rig.heard(low).gaps(), 0u);
    EXPECT_EQ(rig.heard(low).packets, 2u);
}

// C7: a packet from before a switch is judged by the rules of its time.
TEST(TrackLate, PacketsFromBeforeASwitchFollowTheRulesOfTheirTime) {
    TrackRig rig(Codec::vp9);
    const ReceiverHandle down = rig.subscribe(want(1, 0)), up = rig.subscribe(want(0, 0));
    const ReceiverHandle steady = rig.subscribe(want(1, 0));
    rig.send(Vp9Packet{.sequence = 1, .picture = 1}.build());
    rig.send(Vp9Packet{.sequence = 2, .picture = 1, .spatial = 1}.build());
    rig.send(Vp9Packet{.sequence = 3, .picture = 2, .p_diff = 1}.build());
    // 4 is late: picture 2, spatial layer 1.
    rig.track().set_target(down, want(0, 0), rig.now);
    rig.track().set_target(up, want(1, 0), rig.now);
    rig.send(Vp9Packet{.sequence = 5, .picture = 3}.build());
    rig.send(Vp9Packet{.sequence = 6, .picture = 3, .spatial = 1}.build());
    EXPECT_EQ(rig.track().status(down)->switches, 1u);
    EXPECT_EQ(rig.track().status(up)->switches, 1u);
    rig.send(Vp9Packet{.sequence = 4, .picture = 2, .spatial = 1, .p_diff = 1}.build());

    EXPECT_EQ(rig.heard(down).frames.count(2 * 8 + 1 + (1 << 15) * 8), 1u) << "wanted then";
    EXPECT_EQ(rig.heard(up).frames.count(2 * 8 + 1 + (1 << 15) * 8), 0u) << "not wanted then";
    EXPECT_EQ(rig.heard(up).empty_packets, 1u) << "its number was reserved";
    EXPECT_EQ(rig.heard(steady).packets, 6u);
    EXPECT_EQ(rig.heard(down).packets, 5u);
    for (const ReceiverHandle receiver : {down, up, steady}) {
        SCOPED_TRACE(receiver);
        EXPECT_EQ(rig.heard(receiver).gaps(), 0u);
        rig.heard(receiver).check_references();
        for (const std::string& problem : rig.heard(receiver).problems) ADD_FAILURE() << problem;
    }
    EXPECT_EQ(rig.track().status(down)->packets, 5u) << "counted in the receiver's own slot";
}

}  // namespace
}  // namespace strata::relay

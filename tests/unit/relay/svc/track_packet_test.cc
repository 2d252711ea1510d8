// What groups decide of a packet.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>

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

// Pictures of two spatial layers and two temporal ones, three packets to each frame.
std::vector<PacketBuilder> layered_stream() {
    std::vector<PacketBuilder> packets;
    std::uint16_t sequence = 65'400;
    for (std::uint16_t i = 0; i < 120; ++i) {
        for (SpatialId spatial = 0; spatial < 2; ++spatial) {
            for (int part = 0; part < 3; ++part) {
                packets.push_back(
                    Vp9Packet{.sequence = sequence++,
                              .picture = static_cast<std::uint16_t>(100 + i),
                              .spatial = spatial,
                              .temporal = static_cast<TemporalId>(i % 2),
                              .p_diff = static_cast<std::uint8_t>(i == 0 ? 0 : 1 + (i + 1) % 2),
                              .begin = part == 0,
                              .end = part == 2}
                        .build());
            }
        }
    }
    return packets;
}

// The same loses some, and brings some late or twice.
std::vector<PacketBuilder> on_its_way(std::vector<PacketBuilder> packets, std::uint32_t seed) {
    std::mt19937 random(seed);
    const auto one_in = [&random](std::uint32_t n) { return random() % n == 0; };
    for (std::size_t i = 6; i + 8 < packets.size(); ++i) {
        if (one_in(20)) std::swap(packets[i], packets[i + 1 + random() % 7]);
        if (one_in(30)) packets[i] = packets[i - 1 - random() % 5];
        if (one_in(25)) packets.erase(packets.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return packets;
}

// Packets that follow one nobody wanted aren't looked at as long as they only go on with its frame.
// Somebody who comes and goes has them looked at: what becomes of them is the same.
TEST(TrackPacket, WhatIsSkippedWouldHaveBeenDropped) {  // C16, C17
    for (std::uint32_t seed = 1; seed <= 40; ++seed) {
        TrackRig skipping(Codec::vp9), looking(Codec::vp9);
        const LayerTarget target{0, static_cast<SpatialId>(seed % 2),
                                 static_cast<TemporalId>(seed / 2 % 2), false};
        const ReceiverHandle receiver = skipping.subscribe(target);
        looking.subscribe(target);
        ReceiverConfig passer;
        passer.target.paused = true;
        for (const PacketBuilder& packet : on_its_way(layered_stream(), seed)) {
            looking.track().add_receiver(7, passer, looking.now);
            looking.track().remove_receiver(7);
            ASSERT_EQ(skipping.send(packet), looking.send(packet)) << packet.sequence;
        }
        const Listener &one = skipping.heard(receiver), &other = looking.heard(receiver);
        EXPECT_GT(one.packets, 60u);
        EXPECT_EQ(one.packets, other.packets);
        EXPECT_EQ(one.sequences, other.sequences);
        EXPECT_EQ(one.unmarked(), other.unmarked());
        EXPECT_EQ(skipping.track().status(receiver)->bytes,
                  looking.track().status(receiver)->bytes);
    }
}

TEST(TrackPacket, WhoComesMeanwhileChangesTheReason) {
    TrackRig rig(Codec::vp9);
    const auto part = [](std::uint16_t sequence) {
        return Vp9Packet{
            .sequence = sequence, .picture = 9, .p_diff = 1, .begin = sequence == 1, .end = false}
            .build();
    };
    EXPECT_EQ(rig.send(part(1)), MediaDrop::no_receiver);
    EXPECT_EQ(rig.send(part(2)), MediaDrop::no_receiver);
    rig.subscribe({0, 1, 0, false});
    EXPECT_EQ(rig.send(part(3)), MediaDrop::waiting_for_key);
    EXPECT_EQ(rig.send(part(4)), MediaDrop::waiting_for_key);
    EXPECT_EQ(rig.send(part(4)), MediaDrop::duplicate);
    EXPECT_EQ(rig.send(part(5)), MediaDrop::waiting_for_key);
}

}  // namespace
}  // namespace strata::relay

#include "relay/svc/track.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/svc/track_rig.h"

namespace strata::relay::track_test {
namespace {

LayerTarget want(SpatialId spatial, TemporalId temporal, std::uint8_t encoding = 0) {
    return {encoding, spatial, temporal, false};
}

LayerTarget pause() {
    LayerTarget target;
    target.paused = true;
    return target;
}

TEST(Track, AudioStartsAtOnce) {
    TrackRig rig(Codec::opus);
    rig.config.clock_rate_hz = 48'000;
    const ReceiverHandle receiver = rig.subscribe(want(3, 3));
    PacketBuilder packet;
    packet.payload_type = kOpusType;
    packet.payload = {1, 2, 3};
    for (std::uint16_t i = 0; i < 5; ++i) {
        packet.sequence = static_cast<std::uint16_t>(65'534 + i);
        packet.timestamp += 960;
        EXPECT_EQ(rig.send(packet), MediaDrop::none);
    }
    EXPECT_EQ(rig.heard(receiver).packets, 5u);
    EXPECT_EQ(rig.heard(receiver).gaps(), 0u);
    EXPECT_FALSE(rig.asked());
}

// Whoever comes, goes or returns in the middle of audio gets the very next packet, and a late
// packet is given to all who were there.
TEST(Track, AudioIsJoinedLeftAndResumedAtAnyPacket) {
    TrackRig rig(Codec::opus);
    rig.config.clock_rate_hz = 48'000;
    PacketBuilder packet;
    packet.payload_type = kOpusType;
    packet.payload = {1, 2, 3};
    const auto send = [&](std::uint16_t sequence) {
        packet.sequence = sequence;
        packet.timestamp = sequence * 960u;
        return rig.send(packet);
    };
    EXPECT_EQ(send(10), MediaDrop::no_receiver);
    rig.track().on_timer(rig.now);
    const ReceiverHandle first = rig.subscribe(want(3, 3));
    EXPECT_EQ(send(11), MediaDrop::none);
    EXPECT_EQ(send(12), MediaDrop::none);
    const ReceiverHandle second = rig.subscribe(want(0, 0));
    EXPECT_EQ(send(14), MediaDrop::none);
    EXPECT_EQ(send(13), MediaDrop::none);  // late
    EXPECT_EQ(rig.heard(first).packets, 4u);
    EXPECT_EQ(rig.heard(second).packets, 1u);
    rig.track().set_target(first, pause(), rig.now);
    EXPECT_EQ(send(15), MediaDrop::none);
    rig.track().set_target(first, want(3, 3), rig.now);
    rig.track().set_target(second, want(3, 2), rig.now);
    EXPECT_EQ(send(16), MediaDrop::none);
    EXPECT_EQ(rig.heard(first).packets, 5u);
    EXPECT_EQ(rig.heard(second).packets, 3u);
    EXPECT_EQ(rig.heard(first).gaps(), 0u);
}

TEST(Track, ReasonsForNobody) {
    TrackRig rig(Codec::vp9);
    EXPECT_EQ(rig.send(Vp9Packet{.sequence = 1, .picture = 1}.build()), MediaDrop::no_receiver);
    rig.subscribe(want(0, 2));
    EXPECT_EQ(rig.send(Vp9Packet{.sequence = 2, .picture = 2, .p_diff = 1}.build()),
              MediaDrop::waiting_for_key);
    EXPECT_EQ(rig.send(Vp9Packet{.sequence = 3, .picture = 3}.build()), MediaDrop::none);
    EXPECT_EQ(rig.send(Vp9Packet{.sequence = 4, .picture = 3, .spatial = 1}.build()),
              MediaDrop::layer_not_wanted);
    EXPECT_EQ(rig.send(Vp9Packet{.sequence = 4, .picture = 3, .spatial = 1}.build()),
              MediaDrop::duplicate);
    PacketBuilder padding;
    padding.payload_type = kVp9Type;
    padding.sequence = 5;
    padding.padding = 10;
    EXPECT_EQ(rig.send(padding), MediaDrop::padding_only);  // C18
}

TEST(Track, KeyFramesAreAskedForAtOnceThrottledRepeatedAndForgotten) {  // C33
    TrackRig rig(Codec::vp9);
    rig.send(Vp9Packet{.sequence = 1, .picture = 1, .p_diff = 1}.build());
    const ReceiverHandle receiver = rig.subscribe(want(0, 2));
    EXPECT_TRUE(rig.asked());
    EXPECT_FALSE(rig.asked());
    rig.now += 500'000;
    rig.track().on_timer(rig.now);
    EXPECT_FALSE(rig.asked());
    rig.now += 600'000;
    EXPECT_TRUE(rig.asked()) << "repeated while the need lasts";
    rig.send(Vp9Packet{.sequence = 2, .picture = 2}.build());
    rig.now += 5'000'000;
    EXPECT_FALSE(rig.asked()) << "forgotten";

    rig.track().on_key_frame_request(receiver, rig.now);
    EXPECT_TRUE(rig.asked());
    for (int i = 0; i < 9; ++i) {
        rig.now += 100'000;
        rig.track().on_key_frame_request(receiver, rig.now);
        EXPECT_FALSE(rig.asked()) << "one receiver can't storm";
    }
    const ReceiverHandle other = rig.subscribe(want(0, 2));
    EXPECT_TRUE(rig.asked());
    rig.send(Vp9Packet{.sequence = 3, .picture = 3}.build());
    rig.now += 400'000;
    rig.track().on_key_frame_request(other, rig.now);
    EXPECT_TRUE(rig.asked()) << "nor starve another";
}

TEST(Track, StatusTellsTheEffectiveLayer) {
    TrackRig rig(Codec::vp9);
    const ReceiverHandle receiver = rig.subscribe(want(3, 3));
    EXPECT_FALSE(rig.track().status(receiver)->forwarding);
    rig.send(Vp9Packet{.sequence = 1, .picture = 1}.build());
    rig.send(Vp9Packet{.sequence = 2, .picture = 1, .spatial = 1}.build());
    const auto status = rig.track().status(receiver);
    EXPECT_TRUE(status->forwarding);
    EXPECT_EQ(status->target, want(3, 3));
    EXPECT_EQ(status->current.spatial, 1);
    EXPECT_EQ(status->packets, 2u);
    EXPECT_FALSE(rig.track().status(77));
    EXPECT_FALSE(rig.track().set_target(77, want(0, 0), 0));
    EXPECT_FALSE(rig.track().remove_receiver(77));
}

TEST(Track, HasRoomForItsReceiversAndProfilesOnly) {
    TrackRig rig(Codec::vp9, 1, 12);
    for (std::uint8_t i = 0; i < TrackConfig{}.header_profiles; ++i)
        rig.subscribe(want(0, 0), static_cast<std::uint8_t>(i + 1));
    ReceiverConfig config;
    config.profile.payload_type = kVp9Type;
    EXPECT_FALSE(rig.track().add_receiver(90, config, 0)) << "a ninth profile";
    EXPECT_TRUE(rig.track().remove_receiver(0));
    EXPECT_TRUE(rig.track().add_receiver(90, config, 0)) << "a profile without receivers is free";
    EXPECT_FALSE(rig.track().add_receiver(90, config, 0)) << "its handle is taken";
    for (ReceiverHandle h = 100; rig.track().receiver_count() < 12; ++h)
        EXPECT_TRUE(rig.track().add_receiver(h, config, 0));
    EXPECT_FALSE(rig.track().add_receiver(99, config, 0));
}

TEST(Track, ReportsCountTheOutputAndFollowTheMedia) {  // C31
    TrackRig rig(Codec::vp9);
    const ReceiverHandle receiver = rig.subscribe(want(0, 0));
    EXPECT_FALSE(rig.track().sender_report(receiver, rig.now));
    rig.send(Vp9Packet{.sequence = 1, .picture = 1}.build());
    rig.send(Vp9Packet{.sequence = 2, .picture = 1, .spatial = 1}.build());
    constexpr std::uint64_t kNtp = std::uint64_t{1000} << 32;
    rig.track().on_sender_report(0, kNtp, 3000, rig.now);
    const auto report = rig.track().sender_report(receiver, rig.now);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->packets, 1u);
    EXPECT_EQ(report->octets, Vp9Packet{}.build().payload.size());
    EXPECT_EQ(report->rtp_timestamp, 5000u) << "picture 1 came out with timestamp 5000";
    const auto later = rig.track().sender_report(receiver, rig.now + 1'000'000);
    EXPECT_EQ(later->rtp_timestamp - report->rtp_timestamp, 90'000u);
}

TEST(Track, MovesIntoALargerOneWithoutASeam) {
    TrackRig rig(Codec::vp9, 1, 2);
    const ReceiverHandle a = rig.subscribe(want(0, 0)), b = rig.subscribe(want(1, 0));
    rig.send(Vp9Packet{.sequence = 1, .picture = 1}.build());
    rig.send(Vp9Packet{.sequence = 2, .picture = 1, .spatial = 1}.build());
    TrackConfig config = rig.track().config();
    config.receiver_capacity = 20;
    Track larger(config);
    rig.track().move_into(larger);
    EXPECT_EQ(rig.track().receiver_count(), 0u);
    ASSERT_EQ(larger.receiver_count(), 2u);

    const auto bytes = Vp9Packet{.sequence = 3, .picture = 2, .p_diff = 1}.build().build();
    PacketInfo info;
    ASSERT_EQ(parse_packet(bytes, rig_parser(), info), ParseError::none);
    auto out = std::make_unique<OutputList>();
    EXPECT_EQ(larger.on_packet(0, bytes, info, rig.now, *out), MediaDrop::none);
    for (std::size_t i = 0; i < out->count; ++i)
        for (const ReceiverSlot& slot : out->outputs[i].receivers)
            rig.heard(slot.handle).receive(out->outputs[i], slot, bytes);
    EXPECT_EQ(rig.heard(a).packets, 2u);
    EXPECT_EQ(rig.heard(b).packets, 3u);
    EXPECT_EQ(rig.heard(a).gaps() + rig.heard(b).gaps(), 0u);
}

TEST(Track, ResumeIsContinuousInNumbersAndNewInTime) {  // C49
    TrackRig rig(Codec::vp9);
    const ReceiverHandle receiver = rig.subscribe(want(0, 0));
    rig.send(Vp9Packet{.sequence = 1, .picture = 1}.build());
    rig.track().set_target(receiver, pause(), rig.now);
    EXPECT_EQ(rig.send(Vp9Packet{.sequence = 2, .picture = 2, .p_diff = 1}.build()),
              MediaDrop::layer_not_wanted);
    rig.now += 2'000'000;
    rig.track().set_target(receiver, want(0, 0), rig.now);
    EXPECT_TRUE(rig.asked()) << "a key frame";
    rig.send(Vp9Packet{.sequence = 3, .picture = 3, .p_diff = 1}.build());
    EXPECT_EQ(rig.heard(receiver).packets, 1u);
    rig.send(Vp9Packet{.sequence = 4, .picture = 4}.build());
    EXPECT_EQ(rig.heard(receiver).packets, 2u);
    EXPECT_EQ(rig.heard(receiver).gaps(), 0u);
    EXPECT_TRUE(rig.heard(receiver).problems.empty());
    ASSERT_EQ(rig.heard(receiver).frames.size(), 2u);
    const auto& frames = rig.heard(receiver).frames;
    EXPECT_EQ(frames.rbegin()->second.timestamp - frames.begin()->second.timestamp, 180'000u);
}

}  // namespace
}  // namespace strata::relay::track_test

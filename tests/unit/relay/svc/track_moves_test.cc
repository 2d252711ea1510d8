// Receivers start, switch between encodings and stop without a seam.
#include <gtest/gtest.h>

#include "tests/unit/relay/svc/track_rig.h"

namespace strata::relay::track_moves_test {
namespace {

LayerTarget want(std::uint8_t encoding, TemporalId temporal) {
    return {encoding, 0, temporal, false};
}

// Two VP8 encodings with unrelated numbers of every kind.
class TwoEncodings {
  public:
    TwoEncodings() : rig(Codec::vp8, 2) {}
    MediaDrop low(bool key, TemporalId temporal = 0, bool marker = true) {
        low_.key = key;
        low_.temporal = temporal;
        low_.marker = marker;
        return send(low_, 0);
    }
    MediaDrop high(bool key, TemporalId temporal = 0) {
        high_.key = key;
        high_.temporal = temporal;
        return send(high_, 1);
    }
    void tick() {
        low_.timestamp += 3000;
        high_.timestamp += 3000;
        rig.now += 33'333;
    }

    TrackRig rig;
    Vp8Packet low_{.sequence = 100, .picture = 500, .tl0 = 7, .timestamp = 1'000'000};
    Vp8Packet high_{.sequence = 40'000, .picture = 32'700, .tl0 = 250, .timestamp = 4'000'000'000};

  private:
    MediaDrop send(Vp8Packet& packet, std::uint8_t encoding) {
        packet.tl0 = static_cast<std::uint8_t>(packet.tl0 + (packet.temporal == 0 ? 1 : 0));
        const MediaDrop result = rig.send(packet.build(), encoding);
        ++packet.sequence;
        packet.picture = static_cast<std::uint16_t>((packet.picture + 1) & 0x7fff);
        return result;
    }
};

TEST(TrackMoves, EverythingGoesOnOverASimulcastSwitch) {  // C15, C16, C21, C22, C23
    TwoEncodings source;
    const ReceiverHandle receiver = source.rig.subscribe(want(0, 0));
    source.low(true);
    source.high(true);
    source.tick();
    for (int i = 0; i < 4; ++i) {
        source.low(false, i % 2 == 0 ? 1 : 0);  // half of them are dropped
        source.high(false);
        source.tick();
    }
    source.rig.track().set_target(receiver, want(1, 0), source.rig.now);
    EXPECT_TRUE(source.rig.asked());
    source.low(false);
    source.high(true);
    source.tick();
    source.low(false);
    source.high(false);
    const Listener& heard = source.rig.heard(receiver);
    EXPECT_EQ(heard.packets, 6u);
    EXPECT_EQ(heard.gaps(), 0u);
    EXPECT_TRUE(heard.problems.empty()) << heard.problems[0];
    EXPECT_EQ(*heard.picture_ids.rbegin() - *heard.picture_ids.begin() + 1,
              static_cast<std::int64_t>(heard.picture_ids.size()))
        << "picture ids are contiguous";
    EXPECT_EQ(source.rig.track().status(receiver)->current.encoding, 1);
}

TEST(TrackMoves, TimestampsFollowTheSenderReports) {  // C21
    TwoEncodings source;
    const ReceiverHandle receiver = source.rig.subscribe(want(0, 0));
    source.low(true);
    source.high(true);
    constexpr std::uint64_t kNtp = std::uint64_t{5000} << 32;
    source.rig.track().on_sender_report(0, kNtp, source.low_.timestamp, source.rig.now);
    source.rig.track().on_sender_report(1, kNtp, source.high_.timestamp, source.rig.now);
    source.tick();
    source.rig.track().set_target(receiver, want(1, 0), source.rig.now);
    source.rig.now += 20'000;  // the other encoding took longer
    source.high(true);
    const auto& frames = source.rig.heard(receiver).frames;
    ASSERT_EQ(frames.size(), 2u);
    EXPECT_NEAR(frames.rbegin()->second.timestamp - frames.begin()->second.timestamp, 3000, 1);
}

TEST(TrackMoves, AnUnfinishedFrameShowsAsAGap) {  // C20
    TwoEncodings source;
    const ReceiverHandle receiver = source.rig.subscribe(want(0, 0));
    source.low(true);
    source.tick();
    source.low(false, 0, false);  // more of this frame was to come
    source.rig.track().set_target(receiver, want(1, 0), source.rig.now);
    source.high(true);
    EXPECT_EQ(source.rig.heard(receiver).packets, 3u);
    EXPECT_EQ(source.rig.heard(receiver).gaps(), 1u);
}

TEST(TrackMoves, ASourceThatRestartsItsNumbersStartsReceiversAnew) {  // C24
    TwoEncodings source;
    const ReceiverHandle receiver = source.rig.subscribe(want(0, 0));
    source.low(true);
    source.tick();
    source.low_.sequence = 30'000;
    source.low_.picture = 9;
    source.low_.timestamp = 77;
    EXPECT_NE(source.low(false), MediaDrop::none);
    source.tick();
    EXPECT_EQ(source.low(false), MediaDrop::waiting_for_key);
    EXPECT_TRUE(source.rig.asked());
    source.tick();
    EXPECT_EQ(source.low(true), MediaDrop::none);
    EXPECT_EQ(source.rig.heard(receiver).packets, 2u);
    EXPECT_EQ(source.rig.heard(receiver).gaps(), 0u);
    EXPECT_TRUE(source.rig.heard(receiver).problems.empty());
}

TEST(TrackMoves, AStreamGoesOnFromItsContinuation) {  // C49, C53
    TwoEncodings source;
    const ReceiverHandle receiver = source.rig.subscribe(want(0, 0));
    for (int i = 0; i < 5; ++i) {
        source.low(i == 0);
        source.tick();
    }
    const auto last = source.rig.track().continuation(receiver);
    ASSERT_TRUE(last);
    EXPECT_TRUE(last->ever);
    EXPECT_EQ(last->next_sequence, 1005);
    EXPECT_EQ(last->timestamp.value, 5000u + 4 * 3000);
    EXPECT_EQ(last->packets, 5u);
    EXPECT_EQ(last->next_sequence, source.rig.track().continuation(receiver)->next_sequence)
        << "looking changes nothing";

    ASSERT_TRUE(source.rig.track().remove_receiver(receiver));
    EXPECT_FALSE(source.rig.track().continuation(receiver));
    ReceiverConfig config;
    config.profile.payload_type = kVp8Type;
    config.ssrc = 0x9000;
    config.target = want(1, 0);  // the other encoding, whose numbers are unrelated
    config.first_sequence = 7;
    config.resume = *last;
    ASSERT_TRUE(source.rig.track().add_receiver(receiver, config, source.rig.now));
    EXPECT_EQ(source.rig.track().continuation(receiver)->next_sequence, 1005);
    source.high(true);
    const Listener& heard = source.rig.heard(receiver);
    EXPECT_EQ(heard.packets, 6u);
    EXPECT_EQ(heard.gaps(), 0u);
    EXPECT_TRUE(heard.problems.empty()) << heard.problems[0];
    EXPECT_EQ(*heard.picture_ids.rbegin() - *heard.picture_ids.begin(), 5);
    EXPECT_EQ(source.rig.track().status(receiver)->packets, 6u);
}

TEST(TrackMoves, DroppedPicturesLeaveNoHoleInPictureIds) {  // C23
    TwoEncodings source;
    const ReceiverHandle receiver = source.rig.subscribe(want(0, 0));
    const ReceiverHandle all = source.rig.subscribe(want(0, 2));
    for (int i = 0; i < 12; ++i) {
        source.low_.sync = i % 4 == 2;
        source.low(i == 0, static_cast<TemporalId>(i % 4 == 0 ? 0 : i % 2 == 0 ? 1 : 2));
        if (i == 5) source.rig.track().set_target(receiver, want(0, 1), source.rig.now);
        source.tick();
    }
    for (const ReceiverHandle handle : {receiver, all}) {
        const Listener& heard = source.rig.heard(handle);
        EXPECT_EQ(*heard.picture_ids.rbegin() - *heard.picture_ids.begin() + 1,
                  static_cast<std::int64_t>(heard.picture_ids.size()));
        EXPECT_EQ(heard.gaps(), 0u);
    }
    EXPECT_EQ(source.rig.heard(all).packets, 12u);
    EXPECT_EQ(source.rig.track().status(receiver)->switches, 1u);
}

}  // namespace
}  // namespace strata::relay::track_moves_test

// A receiver's SSRC goes from one track to another, by different publishers and codecs.
#include "relay/svc/continuation.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/svc/track_rig.h"

namespace strata::relay {
namespace {

constexpr LayerTarget kAll{0, 0, 3, false};

// A VP8 publisher with numbers of its own.
class Publisher {
  public:
    Publisher(std::uint16_t sequence, std::uint16_t picture, std::uint32_t timestamp)
        : rig(Codec::vp8),
          packet_{.sequence = sequence, .picture = picture, .timestamp = timestamp} {}
    void send(bool key = false, bool marker = true) {
        packet_.key = key;
        packet_.marker = marker;
        ++packet_.tl0;
        rig.send(packet_.build());
        ++packet_.sequence;
        ++packet_.picture;
        packet_.timestamp += 3000;
        rig.now += 33'333;
    }
    TrackRig rig;

  private:
    Vp8Packet packet_;
};

ReceiverConfig leg(const Continuation& continues) {
    ReceiverConfig receiver;
    receiver.profile.payload_type = kVp8Type;
    receiver.ssrc = 0x9000;
    receiver.target = kAll;
    receiver.first_sequence = 7;      // not used when it goes on
    receiver.first_timestamp = 1234;  // the same
    receiver.resume = continues;
    return receiver;
}

// Moves the first publisher's receiver to the second one, which shares no clock with it.
void hand_over(Publisher& from, Publisher& to) {
    auto last = from.rig.track().continuation(0);
    ASSERT_TRUE(last.has_value() && from.rig.track().remove_receiver(0));
    to.rig.now = from.rig.now;
    to.rig.listeners.push_back(std::move(from.rig.listeners[0]));
    ASSERT_TRUE(to.rig.track().add_receiver(0, leg(*last), to.rig.now));
}

TEST(Continuation, AnotherTrackGoesOnWithoutASeam) {  // C10, C16, C21, C23
    Publisher first(100, 500, 1'000'000), second(40'000, 20'000, 3'000'000'000);
    first.rig.subscribe(kAll);
    first.send(true);
    for (int i = 0; i < 5; ++i) first.send();
    hand_over(first, second);
    second.send(true);
    for (int i = 0; i < 5; ++i) second.send();

    const Listener& heard = second.rig.heard(0);
    EXPECT_EQ(heard.packets, 12u);
    EXPECT_EQ(heard.gaps(), 0u);
    EXPECT_EQ(*heard.picture_ids.rbegin() - *heard.picture_ids.begin(), 11);
    EXPECT_TRUE(heard.problems.empty()) << heard.problems.front();
    // The clock went on by the elapsed time: 12 frames of 3,000 ticks, within a frame.
    const auto& frames = heard.frames;
    const std::uint32_t span = frames.rbegin()->second.timestamp - frames.begin()->second.timestamp;
    EXPECT_NEAR(span, 11 * 3000, 3000);
}

TEST(Continuation, AnUnfinishedFrameShowsAsAGap) {  // C20
    Publisher first(100, 500, 1'000'000), second(40'000, 20'000, 3'000'000'000);
    first.rig.subscribe(kAll);
    first.send(true);
    first.send(false, false);
    hand_over(first, second);
    second.send(true);
    EXPECT_EQ(second.rig.heard(0).gaps(), 1u);
}

TEST(Continuation, ItSurvivesATrackThatSentNothing) {  // C21
    Publisher first(100, 500, 1'000'000), silent(1, 1, 1), last(40'000, 20'000, 3'000'000'000);
    first.rig.subscribe(kAll);
    first.send(true);
    hand_over(first, silent);
    hand_over(silent, last);
    last.send(true);
    EXPECT_EQ(last.rig.heard(0).gaps(), 0u);
    EXPECT_EQ(last.rig.heard(0).packets, 2u);
    EXPECT_TRUE(last.rig.heard(0).problems.empty());
}

}  // namespace
}  // namespace strata::relay

#include <gtest/gtest.h>

#include "relay/rtp/extension_map.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"

// What control is told of who speaks.
namespace strata::dataplane {
namespace {

using api::ObjectValue;
using api::StatisticsKind;

constexpr std::uint8_t kLevelId = 1;

class WorkerVoice : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_EQ(relay_.transport(1, 2), "");
        api::Object object;
        api::Track& track = *object.mutable_track();
        track.set_id(2);
        track.set_transport(1);
        track.set_codec("opus");
        track.set_clock_rate_hz(48'000);
        track.set_payload_type(111);
        track.add_encodings()->set_ssrc(1111);
        api::Extension& extension = *track.add_extensions();
        extension.set_id(kLevelId);
        extension.set_uri(std::string(relay::extension_uri(relay::ExtensionKind::audio_level)));
        ASSERT_EQ(relay_.put(object), "");
    }
    // `level` as on the wire: V and -dBov.
    void send(int packets, std::uint8_t level) {
        for (int i = 0; i < packets; ++i, ++sequence_)
            relay_.receive(
                Relay::peer(2),
                rtp({.ssrc = 1111,
                     .sequence = sequence_,
                     .timestamp = sequence_ * 960u,
                     .extensions = {{kLevelId, std::string(1, static_cast<char>(level))}}}));
    }
    std::uint64_t voiced() {
        relay_.pass(kStatisticsUs + kTrackTimerUs);
        return relay_.value(StatisticsKind::track, 2, ObjectValue::voiced_packets);
    }

    Relay relay_;
    std::uint16_t sequence_ = 0;
};

// Nobody has to receive it: who isn't in a slot is listened to as well.
TEST_F(WorkerVoice, PacketsWithVoiceAreCountedForControl) {
    EXPECT_EQ(voiced(), 0u);
    send(7, 30);
    EXPECT_EQ(voiced(), 7u);
    send(5, 127);
    EXPECT_EQ(voiced(), 7u);
    send(1, 0x80 | 30);
    send(1, 30);  // it tells voices from noise
    EXPECT_EQ(voiced(), 8u);
}

}  // namespace
}  // namespace strata::dataplane

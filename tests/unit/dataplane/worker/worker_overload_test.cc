// Twice as much to send as the port takes: what suffers, and for how long.
#include <array>
#include <map>

#include "relay/rtp/byte_order.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane::worker_overload_test {
namespace {

using api::TxDrop;
using api::WorkerCounter;

constexpr std::uint32_t kAudioSsrc = 1111, kVideoSsrc = 2222;
constexpr std::uint32_t kAudioType = 111, kVideoType = 96;
constexpr std::uint8_t kReceivers = 10;
constexpr relay::TimeUs kTickUs = 1'000;
constexpr std::uint64_t kTicksPerSecond = 1'000, kTicksPerAudio = 20;
// A packet of video each tick; of four pictures one is of the base layer.
constexpr std::uint64_t kPacketsPerPicture = 4, kPicturesPerBase = 4;
constexpr std::uint64_t kOutputsPerSecond =
    kReceivers * (kTicksPerSecond / kTicksPerAudio + kTicksPerSecond);

// A VP8 payload with picture id and temporal layer, RFC 7741 section 4.2.
Packet layered_vp8(std::uint16_t picture, std::uint8_t tid, bool first) {
    Packet out(1'000, 0x22);
    out[0] = static_cast<std::uint8_t>(0x80 | (first ? 0x10 : 0));
    out[1] = 0xe0;
    relay::store_be16(&out[2], static_cast<std::uint16_t>(0x8000 | (picture & 0x7fff)));
    out[4] = static_cast<std::uint8_t>(picture / kPicturesPerBase);
    out[5] = static_cast<std::uint8_t>(tid << 6 | (tid != 0 ? 0x20 : 0));
    out[6] = picture == 0 ? 0x10 : 0x11;
    return out;
}

// One publisher of audio and of video in two temporal layers, ten receivers of both.
class Overload : public ::testing::Test {
  protected:
    enum Kind : std::uint8_t { audio, base, upper, kKinds };

    Overload() {
        EXPECT_EQ(relay_.transport(1, 2), "");
        EXPECT_EQ(relay_.track(2, 1, "opus", {kAudioSsrc}, kAudioType), "");
        EXPECT_EQ(relay_.track(3, 1, "VP8", {kVideoSsrc}, kVideoType), "");
        for (std::uint8_t i = 0; i < kReceivers; ++i) {
            const auto id = static_cast<std::uint64_t>(100 + 3 * i);
            EXPECT_EQ(relay_.transport(id, static_cast<std::uint8_t>(11 + i)), "");
            EXPECT_EQ(relay_.subscription(id + 1, 2, id, 7000, kAudioType), "");
            EXPECT_EQ(relay_.subscription(id + 2, 3, id, 8000, kVideoType), "");
        }
    }

    // Lets it go on for so long; the port takes `per_second` packets.
    void go_on(std::uint64_t seconds, std::uint64_t per_second) {
        for (std::uint64_t i = 0; i < seconds * kTicksPerSecond; ++i, ++tick_) {
            credit_ += per_second;
            relay_.port.set_tx_room(credit_ / kTicksPerSecond);
            const std::size_t before = relay_.sent.size();
            if (tick_ % kTicksPerAudio == 0) publish_audio();
            publish_video();
            relay_.turn();
            const std::size_t taken = relay_.sent.size() - before;
            credit_ -= std::min(credit_ / kTicksPerSecond, taken) * kTicksPerSecond;
            credit_ = std::min(credit_, per_second);  // unused room doesn't add up
            relay_.now += kTickUs;
        }
        for (const Relay::Sent& one : relay_.sent) count(one.packet);
        relay_.sent.clear();
    }

    std::uint64_t lost() { return relay_[TxDrop::tx_full] + relay_[TxDrop::tx_late]; }

    Relay relay_;
    std::array<std::uint64_t, kKinds> published_{}, got_{};  // packets; of all receivers

  private:
    void push(const RtpFields& fields, Kind kind) {
        ASSERT_TRUE(relay_.port.push(Relay::flow(Relay::peer(2)), rtp(fields)));
        ++published_[kind];
    }
    void publish_audio() {
        push({.ssrc = kAudioSsrc, .sequence = audio_sequence_++, .timestamp = audio_time_}, audio);
        audio_time_ += 960;
    }
    void publish_video() {
        const auto picture = static_cast<std::uint16_t>(tick_ / kPacketsPerPicture);
        const std::uint64_t part = tick_ % kPacketsPerPicture;
        const std::uint8_t tid = picture % kPicturesPerBase == 0 ? 0 : 1;
        push({.ssrc = kVideoSsrc,
              .sequence = video_sequence_++,
              .timestamp = picture * 360u,
              .payload_type = kVideoType,
              .marker = part == kPacketsPerPicture - 1,
              .payload = layered_vp8(picture, tid, part == 0)},
             tid == 0 ? base : upper);
    }
    void count(const Packet& packet) {
        if ((packet[1] & 0x7f) == kAudioType) ++got_[audio];
        if ((packet[1] & 0x7f) == kVideoType) ++got_[packet[12 + 5] >> 6 != 0 ? upper : base];
    }

    std::uint64_t tick_ = 0;
    std::uint64_t credit_ = 0;  // packets of room, times ticks per second
    std::uint16_t audio_sequence_ = 0, video_sequence_ = 0;
    std::uint32_t audio_time_ = 0;
};

TEST_F(Overload, AMinuteAtTwiceTheCapacityCostsUpperLayersAndNoAudio) {
    go_on(2, kOutputsPerSecond * 2);
    EXPECT_EQ(lost(), 0u);
    const auto got_before = got_, published_before = published_;

    go_on(60, kOutputsPerSecond / 2);
    const auto share = [&](Kind kind) {
        return static_cast<double>(got_[kind] - got_before[kind]) /
               static_cast<double>((published_[kind] - published_before[kind]) * kReceivers);
    };
    EXPECT_GT(share(audio), 0.999);
    EXPECT_GT(share(base), 0.98);
    EXPECT_LT(share(upper), 0.5);
    std::uint64_t got = 0;
    for (const Kind kind : {audio, base, upper}) got += got_[kind] - got_before[kind];
    EXPECT_GT(got, kOutputsPerSecond / 2 * 60 * 95 / 100) << "what the port takes is used";
    // Before fan-out: hardly anything was made for nothing.
    EXPECT_LT(relay_[TxDrop::tx_late] * 10, relay_[TxDrop::tx_full]);
    EXPECT_EQ(relay_[TxDrop::no_header_mbuf] + relay_[TxDrop::no_payload_mbuf], 0u);
    relay_.expect_equations();

    go_on(1, kOutputsPerSecond * 2);
    const std::uint64_t lost_by_then = lost();
    go_on(5, kOutputsPerSecond * 2);
    EXPECT_EQ(lost(), lost_by_then) << "it recovers within a second";
    EXPECT_EQ(relay_[WorkerCounter::queued], 0u);
    relay_.expect_equations();
}

}  // namespace
}  // namespace strata::dataplane::worker_overload_test

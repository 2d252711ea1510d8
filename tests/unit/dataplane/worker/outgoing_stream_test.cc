#include "dataplane/worker/outgoing_stream.h"

#include <gtest/gtest.h>

#include <array>

#include "relay/rtp/sequence.h"
#include "tests/unit/dataplane/worker/rtcp_packets.h"
#include "tests/unit/dataplane/worker/srtp_peer.h"
#include "tests/unit/relay/svc/track_rig.h"

// What one SSRC sends goes on without a seam, whichever track it is of (C10, C21, C25).
namespace strata::dataplane::outgoing_stream_test {
namespace {

using api::ObjectValue;
using api::StatisticsKind;
using api::WorkerCounter;
using relay::SrtpProfile;

constexpr std::uint32_t kSlot = 7000, kSlotRtx = 7001;
constexpr std::uint64_t kLeg = 40;
constexpr std::uint8_t kRtxType = 97;
const Endpoint kViewer = Relay::peer(11);

// A publisher of one track whose pictures, or frames of audio, are one packet each.
struct Source {
    std::uint64_t id;  // of its track and transport
    std::string codec;
    std::uint8_t payload_type;
    std::uint16_t sequence;
    std::uint32_t timestamp;
    std::uint16_t picture = 100;

    std::uint32_t ssrc() const { return static_cast<std::uint32_t>(1000 + id); }
    Endpoint at() const { return Relay::peer(static_cast<std::uint8_t>(id)); }
    std::uint32_t step() const { return codec == "opus" ? 960 : 1800; }  // 20 ms

    Packet next(bool key) {
        relay::PacketBuilder out;
        if (codec == "VP8")
            out = relay::Vp8Packet{.sequence = sequence, .picture = picture, .key = key}.build();
        else if (codec == "VP9")
            out = relay::Vp9Packet{.sequence = sequence,
                                   .picture = picture,
                                   .p_diff = static_cast<std::uint8_t>(key ? 0 : 1),
                                   .top = 0}
                      .build();
        else
            out.payload = Packet(80, 0x42);
        out.payload_type = payload_type;
        out.sequence = sequence++;
        out.timestamp = timestamp += step();
        out.ssrc = ssrc();
        ++picture;
        return out.build();
    }
};

class OutgoingStreams : public testing::Test {
  protected:
    OutgoingStreams() { start(); }
    void start(const api::Security* security = nullptr, CheckpointStore* store = nullptr) {
        relay_ = std::make_unique<Relay>();
        relay_->now = now_;
        if (store)
            relay_->state->keep_checkpoints(*store, 3'600'000'000, [this] { return relay_->now; });
        ASSERT_EQ(relay_->put(security ? secure_transport_object(30, 11, *security)
                                       : transport_object(30, 11)),
                  "");
        for (const Source* source : {&vp8_, &other_vp8_, &vp9_, &audio_, &other_audio_}) {
            ASSERT_EQ(relay_->transport(source->id, static_cast<std::uint8_t>(source->id)), "");
            ASSERT_EQ(relay_->track(source->id, source->id, source->codec, {source->ssrc()},
                                    source->payload_type),
                      "");
        }
    }
    // The slot shows `source`, under the source's own payload type.
    std::string show(const Source& source, std::uint64_t leg = kLeg) {
        api::Object object = subscription_object(leg, source.id, 30, kSlot, source.payload_type);
        object.mutable_subscription()->set_rtx_ssrc(kSlotRtx);
        object.mutable_subscription()->set_rtx_payload_type(kRtxType);
        return relay_->put(object);
    }
    // `n` pictures of 20 ms each.
    void play(Source& source, int n, bool key = false) {
        for (int i = 0; i < n; ++i) {
            relay_->receive(source.at(), source.next(key && i == 0));
            relay_->pass(20'000);
        }
        now_ = relay_->now;
    }
    std::vector<Packet> on(std::uint32_t ssrc) const {
        std::vector<Packet> packets;
        for (const Relay::Sent& one : relay_->media_to(kViewer))
            if (relay::load_be32(&one.packet[8]) == ssrc) packets.push_back(one.packet);
        return packets;
    }
    void ask(const std::vector<std::uint16_t>& sequences) {
        std::vector<relay::SequenceNumber> numbers;
        for (const std::uint16_t sequence : sequences) numbers.push_back({sequence});
        relay_->receive(kViewer, nack_of(kSlot, numbers));
    }
    std::size_t pictures_asked_of(const Source& source) const {
        std::size_t n = 0;
        for (const Relay::Sent& one : relay_->rtcp_to(source.at()))
            n += one.packet[1] == 206 ? 1u : 0u;  // PLI, RFC 4585 section 6.3.1
        return n;
    }
    static std::uint16_t sequence_of(const Packet& packet) { return relay::load_be16(&packet[2]); }
    static std::uint32_t timestamp_of(const Packet& packet) { return relay::load_be32(&packet[4]); }

    CheckpointStore store_ = CheckpointStore::open("", {.capacity = 64}, 1).value();
    std::unique_ptr<Relay> relay_;
    relay::TimeUs now_ = 1'000'000;
    Source vp8_{2, "VP8", 96, 100, 1'000'000}, other_vp8_{3, "VP8", 100, 65'530, 4'294'960'000};
    Source vp9_{4, "VP9", 98, 40'000, 77};
    Source audio_{5, "opus", 111, 7, 5'000}, other_audio_{6, "opus", 109, 60'000, 3'000'000'000};
};

// One number after the other, and a clock that follows the relay's within a frame (C21).
void expect_one_stream(const std::vector<Packet>& packets, std::uint32_t step) {
    for (std::size_t i = 1; i < packets.size(); ++i) {
        const auto forward = static_cast<std::uint16_t>(relay::load_be16(&packets[i][2]) -
                                                        relay::load_be16(&packets[i - 1][2]));
        EXPECT_EQ(forward, 1) << i;
        const auto ticks = static_cast<std::int32_t>(relay::load_be32(&packets[i][4]) -
                                                     relay::load_be32(&packets[i - 1][4]));
        EXPECT_GE(ticks, static_cast<std::int32_t>(step)) << i;
        EXPECT_LE(ticks, static_cast<std::int32_t>(3 * step)) << i;
    }
}

TEST_F(OutgoingStreams, AudioGoesOnWithAnotherPublisher) {  // C21
    ASSERT_EQ(show(audio_), "");
    play(audio_, 20);
    ASSERT_EQ(show(other_audio_), "");
    play(other_audio_, 20);
    ASSERT_EQ(show(audio_), "");
    play(audio_, 20);
    const auto heard = on(kSlot);
    ASSERT_EQ(heard.size(), 60u);
    expect_one_stream(heard, 960);
    EXPECT_EQ(heard[19][1] & 0x7f, 111);
    EXPECT_EQ(heard[20][1] & 0x7f, 109);
    relay_->expect_equations();
}

TEST_F(OutgoingStreams, VideoChangesAtAKeyFrameThatIsAskedForAtOnce) {
    ASSERT_EQ(show(vp8_), "");
    play(vp8_, 10, true);
    play(other_vp8_, 2, true);
    relay_->sent.clear();
    ASSERT_EQ(show(other_vp8_), "");
    EXPECT_EQ(pictures_asked_of(other_vp8_), 1u);
    play(other_vp8_, 3);
    play(vp8_, 3);
    EXPECT_TRUE(on(kSlot).empty()) << "neither the one nor, without a key frame, the other";
    play(other_vp8_, 3, true);
    EXPECT_EQ(on(kSlot).size(), 3u);
}

TEST_F(OutgoingStreams, NumbersAndPicturesFollowThroughCodecs) {  // C10, C23
    relay::Unwrapper<15> pictures;
    std::vector<std::int64_t> vp8_ids;
    for (int round = 0; round < 3; ++round)
        for (Source* source : {&vp8_, &vp9_, &other_vp8_}) {
            ASSERT_EQ(show(*source), "");
            const std::size_t before = on(kSlot).size();
            play(*source, 5, true);
            const auto seen = on(kSlot);
            ASSERT_EQ(seen.size(), before + 5) << source->codec;
            EXPECT_EQ(seen[before][1] & 0x7f, source->payload_type) << "changes at the key frame";
            for (std::size_t i = before; i < seen.size(); ++i) {
                const std::size_t at = source->codec == "VP8" ? 14 : 13;
                vp8_ids.push_back(pictures.unwrap(relay::load_be16(&seen[i][at]) & 0x7fffu));
            }
        }
    expect_one_stream(on(kSlot), 1800);
    for (std::size_t i = 1; i < vp8_ids.size(); ++i) EXPECT_EQ(vp8_ids[i], vp8_ids[i - 1] + 1) << i;
}

TEST_F(OutgoingStreams, AnEmptySlotGoesOnByTheTimeThatPassed) {  // C49
    ASSERT_EQ(show(vp8_), "");
    play(vp8_, 10, true);
    relay_->remove(api::SUBSCRIPTION, kLeg);
    relay_->pass(5'000'000);
    ASSERT_EQ(show(other_vp8_, kLeg + 1), "") << "another subscription, the same SSRC";
    play(other_vp8_, 10, true);
    const auto seen = on(kSlot);
    ASSERT_EQ(seen.size(), 20u);
    EXPECT_EQ(sequence_of(seen[10]), static_cast<std::uint16_t>(sequence_of(seen[9]) + 1));
    const std::uint32_t ticks = timestamp_of(seen[10]) - timestamp_of(seen[9]);
    EXPECT_NEAR(ticks, 90u * 5'020, 180);
}

TEST_F(OutgoingStreams, StatisticsAndReportsGoOn) {  // C31
    ASSERT_EQ(show(audio_), "");
    play(audio_, 100);
    ASSERT_EQ(show(other_audio_), "");
    play(other_audio_, 100);
    relay_->pass(1'300'000);
    EXPECT_EQ(relay_->value(StatisticsKind::subscription, kLeg, ObjectValue::packets), 200u);
    EXPECT_EQ(relay_->value(StatisticsKind::subscription, kLeg, ObjectValue::switches), 1u);
    EXPECT_GE(relay_->value(StatisticsKind::subscription, kLeg, ObjectValue::sender_reports), 4u);
    std::uint32_t counted = 0;
    for (const Relay::Sent& one : relay_->rtcp_to(kViewer)) {
        if (one.packet[1] != 200 || relay::load_be32(&one.packet[4]) != kSlot) continue;
        EXPECT_GE(relay::load_be32(&one.packet[20]), counted) << "packet count";
        counted = relay::load_be32(&one.packet[20]);
    }
    EXPECT_EQ(counted, 200u);
}

TEST_F(OutgoingStreams, RetransmissionsKeepNumbersOfTheirOwn) {  // C26
    ASSERT_EQ(show(vp8_), "");
    play(vp8_, 5, true);
    ask({sequence_of(on(kSlot)[2]), sequence_of(on(kSlot)[3])});
    ASSERT_EQ(show(other_vp8_), "");
    play(other_vp8_, 5, true);
    ask({sequence_of(on(kSlot)[7])});
    const auto again = on(kSlotRtx);
    ASSERT_EQ(again.size(), 3u);
    for (std::size_t i = 1; i < again.size(); ++i)
        EXPECT_EQ(sequence_of(again[i]), static_cast<std::uint16_t>(sequence_of(again[i - 1]) + 1));
    EXPECT_EQ(relay::load_be16(&again[2][12]), sequence_of(on(kSlot)[7]));
    relay_->pass(300'000);
    EXPECT_EQ(relay_->value(StatisticsKind::subscription, kLeg, ObjectValue::rtx_packets), 3u);
}

// What was another source's isn't sent again, and nothing else in its place.
TEST_F(OutgoingStreams, NumbersFromBeforeTheChangeAreAnsweredWithNothing) {
    ASSERT_EQ(show(vp8_), "");
    play(vp8_, 5, true);
    ASSERT_EQ(show(other_vp8_), "");
    const std::uint16_t last = sequence_of(on(kSlot)[4]);
    ask({last});
    play(other_vp8_, 5, true);
    for (std::uint16_t back = 0; back < 5; ++back) ask({static_cast<std::uint16_t>(last - back)});
    EXPECT_TRUE(on(kSlotRtx).empty());
    EXPECT_EQ((*relay_)[WorkerCounter::nacks_unknown], 6u);
}

// C20, C19: a picture that never ended shows as a gap, with nothing behind it.
TEST_F(OutgoingStreams, AnUnfinishedPictureLeavesAGapThatIsEmpty) {
    ASSERT_EQ(show(vp8_), "");
    play(vp8_, 5, true);
    Packet cut = vp8_.next(false);
    cut[1] &= 0x7f;  // no marker
    relay_->receive(vp8_.at(), cut);
    ASSERT_EQ(show(other_vp8_), "");
    play(other_vp8_, 2, true);
    const auto seen = on(kSlot);
    ASSERT_EQ(seen.size(), 8u);
    ASSERT_EQ(sequence_of(seen[6]), static_cast<std::uint16_t>(sequence_of(seen[5]) + 2));
    ask({static_cast<std::uint16_t>(sequence_of(seen[5]) + 1)});
    ASSERT_EQ(on(kSlotRtx).size(), 1u);
    EXPECT_EQ(on(kSlotRtx)[0][0] & 0x20, 0x20) << "padding only";
    EXPECT_EQ((*relay_)[WorkerCounter::retransmissions_empty], 1u);
}

TEST_F(OutgoingStreams, AProblemLeavesTheSourceAsItWas) {
    ASSERT_EQ(show(audio_), "");
    play(audio_, 3);
    Source nobody = audio_;
    nobody.id = 99;
    EXPECT_EQ(show(nobody), "unknown-track");
    play(audio_, 3);
    EXPECT_EQ(on(kSlot).size(), 6u);
    expect_one_stream(on(kSlot), 960);
}

TEST_F(OutgoingStreams, ARemovedTrackLeavesItsSlotToTheNext) {
    ASSERT_EQ(show(audio_), "");
    play(audio_, 5);
    relay_->remove(api::TRACK, audio_.id);
    ASSERT_EQ(show(other_audio_), "");
    play(other_audio_, 5);
    ASSERT_EQ(on(kSlot).size(), 10u);
    expect_one_stream(on(kSlot), 960);
}

TEST_F(OutgoingStreams, NoIndexIsUsedTwiceOverChanges) {  // C25
    SrtpPeer viewer(SrtpProfile::aead_aes_128_gcm, 20);
    start(&viewer.security);
    std::size_t read = 0, sent = 0;
    for (int round = 0; round < 60; ++round) {
        Source& source = round % 2 == 0 ? audio_ : other_audio_;
        if (round % 5 == 4) relay_->remove(api::SUBSCRIPTION, kLeg);
        ASSERT_EQ(show(source), "");
        for (int i = 0; i < 1'200; ++i) relay_->receive(source.at(), source.next(false));
        for (const Relay::Sent& one : relay_->media_to(kViewer)) {
            ++sent;
            read += viewer.unprotect(one.packet).has_value() ? 1u : 0u;
        }
        relay_->sent.clear();
    }
    EXPECT_EQ(sent, 72'000u) << "over the roll-over";
    EXPECT_EQ(read, sent);
    EXPECT_EQ((*relay_)[api::TxDrop::index_used], 0u);
}

// An empty slot and a crash: what is shown next goes on behind what the process before sent (C53).
TEST_F(OutgoingStreams, ARestartWhileTheSlotIsEmpty) {
    SrtpPeer viewer(SrtpProfile::aes128_cm_sha1_80, 20);
    std::size_t read = 0;
    const auto read_all = [&] {
        for (const Relay::Sent& one : relay_->media_to(kViewer))
            read += viewer.unprotect(one.packet).has_value() ? 1u : 0u;
    };
    start(&viewer.security, &store_);
    ASSERT_EQ(show(audio_), "");
    play(audio_, 30);
    read_all();
    relay_->remove(api::SUBSCRIPTION, kLeg);
    relay_->pass(10'000'000);
    now_ = relay_->now + 500'000;
    relay_.reset();
    start(&viewer.security, &store_);
    relay_->pass(3'000'000);
    ASSERT_EQ(show(other_audio_, kLeg + 7), "");
    EXPECT_EQ((*relay_)[WorkerCounter::streams_resumed], 1u);
    play(other_audio_, 30);
    read_all();
    EXPECT_EQ(read, 60u);
}

// Checkpoints are for another process: in this one numbers go on without a jump.
TEST_F(OutgoingStreams, CheckpointsMakeNoJump) {
    start(nullptr, &store_);
    for (Source* source : {&audio_, &other_audio_, &audio_}) {
        ASSERT_EQ(show(*source), "");
        play(*source, 40);
    }
    ASSERT_EQ(on(kSlot).size(), 120u);
    expect_one_stream(on(kSlot), 960);
    EXPECT_EQ((*relay_)[WorkerCounter::streams_resumed], 0u);
}

TEST_F(OutgoingStreams, AreBoundedPerTransport) {  // C38
    for (std::uint32_t i = 0; i < kMaxOutgoingStreams + 10; ++i) {
        ASSERT_EQ(relay_->subscription(kLeg, audio_.id, 30, 10'000 + i), "") << i;
        relay_->receive(audio_.at(), audio_.next(false));
    }
    EXPECT_EQ(relay_->media_to(kViewer).size(), kMaxOutgoingStreams + 10);
    SrtpPeer viewer(SrtpProfile::aead_aes_128_gcm, 20);
    start(&viewer.security);
    for (std::uint32_t i = 0; i < kMaxOutgoingStreams; ++i)
        ASSERT_EQ(relay_->subscription(kLeg, audio_.id, 30, 10'000 + i), "") << i;
    EXPECT_EQ(relay_->subscription(kLeg, audio_.id, 30, 1), "capacity");
    EXPECT_EQ(relay_->subscription(kLeg, audio_.id, 30, 10'000), "");
}

}  // namespace
}  // namespace strata::dataplane::outgoing_stream_test

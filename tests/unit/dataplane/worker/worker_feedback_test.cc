#include <array>

#include "relay/rtp/byte_order.h"
#include "relay/rtp/rtcp/writer.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane::worker_feedback_test {
namespace {

using api::RxDrop;
using api::WorkerCounter;

constexpr std::uint32_t kSsrc = 1111, kRtxSsrc = 2222, kOutgoing = 7000;
constexpr std::uint8_t kMedia = 96, kRtx = 97, kTransportCcId = 3;
const Endpoint kPublisher = Relay::peer(2), kReceiver = Relay::peer(11);

// A video track with RTX and transport-wide numbers, and one receiver.
void room(Relay& relay) {
    ASSERT_EQ(relay.transport(1, 2), "");
    api::Object object;
    api::Track& track = *object.mutable_track();
    track.set_id(2);
    track.set_transport(1);
    track.set_codec("VP8");
    track.set_payload_type(kMedia);
    track.set_rtx_payload_type(kRtx);
    api::Encoding& encoding = *track.add_encodings();
    encoding.set_ssrc(kSsrc);
    encoding.set_rtx_ssrc(kRtxSsrc);
    api::Extension& extension = *track.add_extensions();
    extension.set_id(kTransportCcId);
    extension.set_uri("http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01");
    ASSERT_EQ(relay.put(object), "");
    ASSERT_EQ(relay.transport(3, 11), "");
    ASSERT_EQ(relay.subscription(4, 2, 3, kOutgoing, kMedia), "");
}

std::string number(std::uint16_t transport_wide) {
    return {static_cast<char>(transport_wide >> 8), static_cast<char>(transport_wide & 0xff)};
}

Packet video(std::uint16_t sequence, std::uint16_t transport_wide) {
    return rtp({.ssrc = kSsrc,
                .sequence = sequence,
                .timestamp = sequence * 3'000u,
                .payload_type = kMedia,
                .marker = true,
                .extensions = {{kTransportCcId, number(transport_wide)}},
                .payload = vp8_payload(sequence == 1)});
}

// The same packet on the RTX SSRC, RFC 4588.
Packet repeated(std::uint16_t sequence, std::uint16_t rtx_sequence, std::uint16_t transport_wide) {
    Packet payload{static_cast<std::uint8_t>(sequence >> 8), static_cast<std::uint8_t>(sequence)};
    const Packet original = vp8_payload(sequence == 1);
    payload.insert(payload.end(), original.begin(), original.end());
    return rtp({.ssrc = kRtxSsrc,
                .sequence = rtx_sequence,
                .timestamp = sequence * 3'000u,
                .payload_type = kRtx,
                .marker = true,
                .extensions = {{kTransportCcId, number(transport_wide)}},
                .payload = payload});
}

template <typename Visit>
void for_each_part(const std::vector<Relay::Sent>& sent, Visit visit) {
    for (const Relay::Sent& one : sent) {
        relay::RtcpCompound compound(one.packet);
        while (const auto part = compound.next()) visit(*part, one.at_us);
    }
}

std::vector<std::uint16_t> asked_for(const Relay& relay) {
    std::vector<std::uint16_t> numbers;
    for_each_part(relay.rtcp_to(kPublisher), [&](const relay::RtcpPacket& part, relay::TimeUs) {
        relay::GenericNack nack;
        if (!relay::read_generic_nack(part, nack)) return;
        EXPECT_EQ(nack.parties.media.value, kSsrc);
        nack.for_each([&](relay::SequenceNumber n) { numbers.push_back(n.value); });
    });
    return numbers;
}

TEST(Feedback, PublishersAreToldWhenPacketsArrived) {  // C54
    Relay relay;
    room(relay);
    for (std::uint16_t i = 0; i < 30; ++i) {
        if (i != 7) relay.receive(kPublisher, video(static_cast<std::uint16_t>(1 + i), 500 + i));
        relay.pass(10'000);
    }
    relay.pass(100'000);
    std::map<std::uint16_t, bool> told;
    std::vector<relay::TimeUs> at;
    for_each_part(relay.rtcp_to(kPublisher), [&](const relay::RtcpPacket& part, relay::TimeUs now) {
        relay::TransportFeedback feedback;
        if (!relay::read_transport_feedback(part, feedback)) return;
        at.push_back(now);
        feedback.for_each([&](relay::SequenceNumber n, bool received, relay::TimeUs) {
            told[n.value] = told[n.value] || received;
        });
    });
    EXPECT_EQ(told.size(), 30u);
    for (const auto& [n, received] : told) EXPECT_EQ(received, n != 507) << n;
    ASSERT_GE(at.size(), 3u);
    for (std::size_t i = 1; i < at.size(); ++i) EXPECT_LE(at[i] - at[i - 1], 100'000);
    relay.expect_equations();
}

TEST(Feedback, MissingPacketsAreAskedForAndComeAsRetransmissions) {  // C26, C28
    Relay relay;
    room(relay);
    for (const std::uint16_t n : std::initializer_list<std::uint16_t>{1, 2, 4, 5}) {
        relay.receive(kPublisher, video(n, n));
        relay.pass(5'000);
    }
    relay.pass(30'000);
    EXPECT_EQ(asked_for(relay), std::vector<std::uint16_t>{3});
    const std::size_t before = relay.media_to(kReceiver).size();
    relay.receive(kPublisher, repeated(3, 100, 6));
    const auto media = relay.media_to(kReceiver);
    ASSERT_EQ(media.size(), before + 1);
    // C16: it has the number that it would have had.
    const auto sequence = [](const Relay::Sent& one) { return relay::load_be16(&one.packet[2]); };
    EXPECT_EQ(sequence(media.back()), static_cast<std::uint16_t>(sequence(media[1]) + 1));
    EXPECT_EQ(relay[WorkerCounter::retransmissions_in], 1u);
    relay.pass(500'000);
    EXPECT_EQ(asked_for(relay).size(), 1u) << "it came";
    relay.expect_equations();
}

// Whatever the time since the track's timer ran last.
TEST(Feedback, AGapInACalmTrackIsAskedForAtOnce) {  // C26
    Relay relay;
    room(relay);
    std::uint16_t next = 1, times = 0;
    const auto receive = [&] { relay.receive(kPublisher, video(next, next)), ++next; };
    for (relay::TimeUs phase = 0; phase < 2 * kCalmTrackTimerUs; phase += 3'000) {
        for (int i = 0; i < 20; ++i) receive(), relay.pass(7'000);
        relay.pass(phase);
        EXPECT_FALSE(relay.worker->hurries(relay.now));
        const std::uint16_t missing = next++;
        receive();
        EXPECT_TRUE(relay.worker->hurries(relay.now));
        relay.sent.clear();
        relay.pass(2 * kTrackTimerUs + 1'000);
        ASSERT_EQ(asked_for(relay), std::vector<std::uint16_t>{missing}) << phase;
        EXPECT_TRUE(relay.worker->hurries(relay.now)) << "until it has come";
        relay.receive(kPublisher, repeated(missing, times++, next));
    }
    relay.expect_equations();
}

TEST(Feedback, ProbingIsToldOfButNotForwarded) {  // B6
    Relay relay;
    room(relay);
    relay.receive(kPublisher, video(1, 1));
    const std::size_t before = relay.media_to(kReceiver).size();
    relay.receive(kPublisher, rtp({.ssrc = kRtxSsrc,
                                   .sequence = 9,
                                   .payload_type = kRtx,
                                   .extensions = {{kTransportCcId, number(2)}},
                                   .payload = {}}));
    relay.receive(kPublisher, repeated(1, 10, 3));  // an old packet, sent to fill the link
    EXPECT_EQ(relay.media_to(kReceiver).size(), before);
    EXPECT_EQ(relay[RxDrop::retransmission], 1u);
    EXPECT_EQ(relay[RxDrop::duplicate], 1u);
    relay.pass(100'000);
    std::size_t received = 0;
    for_each_part(relay.rtcp_to(kPublisher), [&](const relay::RtcpPacket& part, relay::TimeUs) {
        relay::TransportFeedback feedback;
        if (!relay::read_transport_feedback(part, feedback)) return;
        feedback.for_each([&](relay::SequenceNumber, bool is, relay::TimeUs) { received += is; });
    });
    EXPECT_EQ(received, 3u);
    relay.expect_equations();
}

TEST(Feedback, EndsWithItsTrack) {
    Relay relay;
    room(relay);
    relay.receive(kPublisher, video(1, 1));
    relay.remove(api::SUBSCRIPTION, 4);
    relay.remove(api::TRACK, 2);
    relay.sent.clear();
    relay.pass(500'000);
    for_each_part(relay.rtcp_to(kPublisher), [](const relay::RtcpPacket& part, relay::TimeUs) {
        relay::TransportFeedback feedback;
        EXPECT_FALSE(relay::read_transport_feedback(part, feedback));
    });
    relay.expect_equations();
}

}  // namespace
}  // namespace strata::dataplane::worker_feedback_test

#include <array>

#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane {
namespace {

using api::RxDrop;
using api::WorkerCounter;

constexpr const char* kMidUri = "urn:ietf:params:rtp-hdrext:sdes:mid";
constexpr const char* kRidUri = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
constexpr const char* kRepairedUri = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";

void unlatched_room(Relay& relay) {
    ASSERT_EQ(relay.transport(1, 0), "");
    ASSERT_EQ(relay.track(2, 1, "opus", {1111}), "");
    ASSERT_EQ(relay.transport(3, 11), "");
    ASSERT_EQ(relay.subscription(4, 2, 3, 7000), "");
}

TEST(Latching, TheFirstValidPacketFixesTheAddressOnce) {
    Relay relay;
    unlatched_room(relay);
    relay.receive(Relay::peer(50), rtp({.ssrc = 9}));  // an SSRC nobody announced
    EXPECT_EQ(relay[RxDrop::unknown_transport], 1u);
    relay.receive(Relay::peer(50), rtp({.ssrc = 1111, .payload_type = 100}));  // not valid here
    EXPECT_EQ(relay[RxDrop::unknown_transport], 2u);

    relay.receive(Relay::peer(51), rtp({.ssrc = 1111, .sequence = 1}));
    EXPECT_EQ(relay[WorkerCounter::transports_latched], 1u);
    EXPECT_EQ(relay[WorkerCounter::fanned_out], 1u);
    ASSERT_EQ(relay.notices.size(), 1u);
    EXPECT_EQ(relay.notices[0].kind, Notice::Kind::transport_latched);
    EXPECT_EQ(relay.notices[0].id, 1u);
    EXPECT_EQ(relay.notices[0].endpoint, Relay::peer(51));

    relay.receive(Relay::peer(52), rtp({.ssrc = 1111, .sequence = 2}));  // locked by now
    EXPECT_EQ(relay[RxDrop::unknown_transport], 3u);
    EXPECT_EQ(relay[WorkerCounter::transports_latched], 1u);
    relay.expect_equations();
}

TEST(Latching, TheSameStateAgainKeepsTheLatchedAddress) {
    Relay relay;
    unlatched_room(relay);
    relay.receive(Relay::peer(51), rtp({.ssrc = 1111, .sequence = 1}));
    ASSERT_EQ(relay.transport(1, 0), "");
    relay.receive(Relay::peer(51), rtp({.ssrc = 1111, .sequence = 2}));
    EXPECT_EQ(relay[WorkerCounter::fanned_out], 2u);
    ASSERT_EQ(relay.transport(1, 51), "");  // control has stored it
    relay.receive(Relay::peer(51), rtp({.ssrc = 1111, .sequence = 3}));
    EXPECT_EQ(relay[WorkerCounter::fanned_out], 3u);
}

TEST(Latching, AGivenPeerMaySendToAnyAddressOfThePort) {
    Relay relay;
    ASSERT_EQ(relay.transport(1, 2), "");
    ASSERT_EQ(relay.track(2, 1, "opus", {1111}), "");
    ASSERT_EQ(relay.transport(3, 11), "");
    ASSERT_EQ(relay.subscription(4, 2, 3, 7000), "");
    FlowKey usual = relay.flow(Relay::peer(2)), other = usual;
    other.local = IpAddress::v4({192, 168, 7, 1});
    const auto receive = [&](const FlowKey& flow, std::uint16_t sequence) {
        EXPECT_TRUE(relay.port.push(flow, rtp({.ssrc = 1111, .sequence = sequence})));
        relay.turn();
    };
    receive(other, 1);
    receive(other, 2);
    EXPECT_EQ(relay[WorkerCounter::fanned_out], 2u);
    receive(usual, 3);  // once
    EXPECT_EQ(relay[RxDrop::unknown_transport], 1u);
    FlowKey stranger = other;
    ++stranger.remote_port;
    receive(stranger, 4);
    EXPECT_EQ(relay[RxDrop::unknown_transport], 2u);
    EXPECT_EQ(relay[WorkerCounter::fanned_out], 2u);
    relay.expect_equations();
}

TEST(Latching, ReceiversOfAnUnlatchedTransportWait) {
    Relay relay;
    ASSERT_EQ(relay.transport(1, 2), "");
    ASSERT_EQ(relay.track(2, 1, "opus", {1111}), "");
    ASSERT_EQ(relay.transport(3, 0), "");
    ASSERT_EQ(relay.track(5, 3, "opus", {2222}), "");
    ASSERT_EQ(relay.subscription(4, 2, 3, 7000), "");
    relay.receive(Relay::peer(2), rtp({.ssrc = 1111, .sequence = 1}));
    EXPECT_EQ(relay[RxDrop::no_receiver], 1u);
    relay.receive(Relay::peer(60), rtp({.ssrc = 2222, .sequence = 1}));  // latches transport 3
    relay.receive(Relay::peer(2), rtp({.ssrc = 1111, .sequence = 2}));
    EXPECT_EQ(relay.media_to(Relay::peer(60)).size(), 1u);
}

TEST(Latching, TwoTransportsCannotWaitForTheSameSsrc) {  // C38
    Relay relay;
    unlatched_room(relay);
    ASSERT_EQ(relay.transport(5, 0), "");
    EXPECT_EQ(relay.track(6, 5, "opus", {1111}), "ssrc-collision");
}

// Two rids, without SSRCs.
std::string simulcast_track(Relay& relay, std::uint64_t id = 2, std::uint64_t transport = 1,
                            const char* mid = "v") {
    api::Object object;
    api::Track& track = *object.mutable_track();
    track.set_id(id);
    track.set_transport(transport);
    track.set_codec("VP8");
    track.set_payload_type(96);
    track.set_rtx_payload_type(97);
    track.set_mid(mid);
    track.add_encodings()->set_rid("q");
    track.add_encodings()->set_rid("h");
    const std::pair<std::uint32_t, const char*> extensions[] = {
        {9, kMidUri}, {10, kRidUri}, {11, kRepairedUri}};
    for (const auto& [number, uri] : extensions) {
        api::Extension& extension = *track.add_extensions();
        extension.set_id(number);
        extension.set_uri(uri);
    }
    return relay.put(object);
}

// A packet of such a track: its mid and rid, where they aren't null.
Packet named(std::uint32_t ssrc, const char* mid, const char* rid) {
    RtpFields fields{.ssrc = ssrc, .payload_type = 96, .payload = vp8_payload(true)};
    if (mid) fields.extensions.emplace_back(9, mid);
    if (rid) fields.extensions.emplace_back(10, rid);
    return rtp(fields);
}

TEST(Latching, ARidThatOnlyOneTransportWaitsForIsEnough) {  // B8
    Relay relay;
    ASSERT_EQ(relay.transport(1, 0), "");
    ASSERT_EQ(simulcast_track(relay), "");
    for (const Packet& stranger : {named(500, nullptr, nullptr), named(500, "v", "x"),
                                   named(500, "w", "h"), rtp({.ssrc = 500, .payload_type = 97})})
        relay.receive(Relay::peer(50), stranger);
    EXPECT_EQ(relay[RxDrop::unknown_transport], 4u);
    relay.receive(Relay::peer(51), named(500, "v", "h"));
    EXPECT_EQ(relay[WorkerCounter::transports_latched], 1u);
    EXPECT_EQ(relay[WorkerCounter::ssrcs_learned], 1u);
    relay.receive(Relay::peer(51), named(501, nullptr, "q"));
    EXPECT_EQ(relay[WorkerCounter::ssrcs_learned], 2u);
    relay.receive(Relay::peer(52), named(502, "v", "h"));  // locked by now
    EXPECT_EQ(relay[RxDrop::unknown_transport], 5u);
    ASSERT_GE(relay.notices.size(), 1u);
    EXPECT_EQ(relay.notices[0].kind, Notice::Kind::transport_latched);
    EXPECT_EQ(relay.notices[0].endpoint, Relay::peer(51));
    relay.expect_equations();
}

TEST(Latching, ARidThatTwoTransportsWaitForIsNoAnswer) {
    Relay relay;
    ASSERT_EQ(relay.transport(1, 0), "");
    ASSERT_EQ(simulcast_track(relay, 2, 1, "v"), "");
    ASSERT_EQ(relay.transport(3, 0), "");
    ASSERT_EQ(simulcast_track(relay, 4, 3, "w"), "");
    relay.receive(Relay::peer(51), named(500, nullptr, "h"));
    EXPECT_EQ(relay[RxDrop::unlatched], 1u);
    EXPECT_EQ(relay[WorkerCounter::transports_latched], 0u);
    relay.receive(Relay::peer(51), named(500, "w", "h"));  // the mid tells them apart
    EXPECT_EQ(relay[WorkerCounter::transports_latched], 1u);
    EXPECT_EQ(relay.notices[0].id, 3u);
    relay.receive(Relay::peer(52), named(600, nullptr, "h"));  // only one waits now
    EXPECT_EQ(relay[WorkerCounter::transports_latched], 2u);
    relay.expect_equations();
}

TEST(Latching, ATrackThatHasGoneLatchesNothing) {
    Relay relay;
    ASSERT_EQ(relay.transport(1, 0), "");
    ASSERT_EQ(simulcast_track(relay), "");
    relay.remove(api::TRACK, 2);
    relay.receive(Relay::peer(51), named(500, "v", "h"));
    EXPECT_EQ(relay[RxDrop::unknown_transport], 1u);
}

TEST(Latching, ThoseWhoWaitByNameAreBounded) {  // C52
    WorkerConfig config;
    config.max_waiting_by_name = 1;
    Relay relay(config);
    ASSERT_EQ(relay.transport(1, 0), "");
    ASSERT_EQ(simulcast_track(relay, 2, 1, "v"), "");
    ASSERT_EQ(relay.transport(3, 0), "");
    ASSERT_EQ(simulcast_track(relay, 4, 3, "w"), "");
    EXPECT_EQ(relay[WorkerCounter::ssrcs_refused], 1u);
    relay.receive(Relay::peer(51), named(500, "w", "h"));
    EXPECT_EQ(relay[RxDrop::unknown_transport], 1u);
    relay.receive(Relay::peer(51), named(500, "v", "h"));
    EXPECT_EQ(relay[WorkerCounter::transports_latched], 1u);
}

TEST(Learning, RidsNameTheirSsrcsOnceAndForAll) {  // B8
    Relay relay;
    ASSERT_EQ(relay.transport(1, 2), "");
    ASSERT_EQ(simulcast_track(relay), "");
    const Endpoint publisher = Relay::peer(2);
    const auto packet = [](std::uint32_t ssrc, std::uint8_t type, const char* mid, int id,
                           const char* rid) {
        RtpFields fields{.ssrc = ssrc, .payload_type = type, .payload = vp8_payload(true)};
        if (mid) fields.extensions.emplace_back(9, mid);
        if (rid) fields.extensions.emplace_back(id, rid);
        return rtp(fields);
    };
    relay.receive(publisher, packet(500, 96, nullptr, 0, nullptr));  // no name yet
    EXPECT_EQ(relay[RxDrop::unknown_ssrc], 1u);
    relay.receive(publisher, packet(500, 96, "other", 10, "h"));  // another m-line's
    EXPECT_EQ(relay[RxDrop::unknown_ssrc], 2u);
    relay.receive(publisher, packet(500, 96, "v", 10, "h"));
    relay.receive(publisher, packet(501, 96, "v", 10, "q"));
    relay.receive(publisher, packet(502, 97, "v", 11, "h"));  // RTX of h
    EXPECT_EQ(relay[WorkerCounter::ssrcs_learned], 3u);
    EXPECT_EQ(relay[WorkerCounter::retransmissions_in], 1u);
    relay.receive(publisher, packet(500, 96, nullptr, 0, nullptr));  // the name has gone (B8)
    EXPECT_EQ(relay[RxDrop::unknown_ssrc], 2u);
    ASSERT_EQ(relay.notices.size(), 3u);
    EXPECT_EQ(relay.notices[0].ssrc, 500u);
    EXPECT_EQ(relay.notices[0].encoding, 1);
    EXPECT_EQ(relay.notices[1].encoding, 0);
    EXPECT_TRUE(relay.notices[2].rtx);

    relay.receive(publisher, packet(503, 96, "v", 10, "h"));  // h has an SSRC that is in use
    EXPECT_EQ(relay[WorkerCounter::ssrcs_refused], 1u);
    relay.now += 2'000'000;
    relay.receive(publisher, packet(503, 96, "v", 10, "h"));  // the old one fell silent
    EXPECT_EQ(relay[WorkerCounter::ssrcs_learned], 4u);
    relay.expect_equations();
}

TEST(Learning, ASinglePayloadTypeIsNameEnough) {
    Relay relay;
    ASSERT_EQ(relay.transport(1, 2), "");
    ASSERT_EQ(relay.track(2, 1, "opus", {0}), "");
    relay.receive(Relay::peer(2), rtp({.ssrc = 42}));
    EXPECT_EQ(relay[WorkerCounter::ssrcs_learned], 1u);
    EXPECT_EQ(relay[RxDrop::no_receiver], 1u);
    ASSERT_EQ(relay.track(3, 1, "opus", {0}), "");  // now two tracks share the payload type
    relay.receive(Relay::peer(2), rtp({.ssrc = 43}));
    EXPECT_EQ(relay[RxDrop::unknown_ssrc], 1u);
}

// A media section with one stream and RTX, known by its MID alone.
std::string section(Relay& relay, std::uint64_t id, const char* mid, std::uint32_t ssrc = 0) {
    api::Object object;
    api::Track& track = *object.mutable_track();
    track.set_id(id);
    track.set_transport(1);
    track.set_codec("VP8");
    track.set_payload_type(96);
    track.set_rtx_payload_type(97);
    track.set_mid(mid);
    track.add_encodings()->set_ssrc(ssrc);
    api::Extension& extension = *track.add_extensions();
    extension.set_id(9);
    extension.set_uri(kMidUri);
    return relay.put(object);
}

Packet of_section(std::uint32_t ssrc, std::uint8_t type, const char* mid) {
    RtpFields fields{.ssrc = ssrc, .payload_type = type, .payload = vp8_payload(true)};
    if (mid) fields.extensions.emplace_back(9, mid);
    return rtp(fields);
}

// RFC 8843 section 9.2: first a known SSRC, then the MID, and the payload type only where it is of
// one section alone.
TEST(Learning, MidsNameTheirSectionsSsrcs) {
    Relay relay;
    ASSERT_EQ(relay.transport(1, 2), "");
    ASSERT_EQ(section(relay, 2, "0"), "");
    ASSERT_EQ(section(relay, 3, "1"), "");
    const Endpoint publisher = Relay::peer(2);
    relay.receive(publisher, of_section(500, 96, nullptr));
    relay.receive(publisher, of_section(500, 96, "2"));  // no section of ours
    EXPECT_EQ(relay[RxDrop::unknown_ssrc], 2u);
    relay.receive(publisher, of_section(500, 96, "1"));
    relay.receive(publisher, of_section(501, 97, "1"));  // its RTX
    relay.receive(publisher, of_section(502, 97, "0"));  // RTX may come first
    relay.receive(publisher, of_section(503, 96, "0"));
    EXPECT_EQ(relay[WorkerCounter::ssrcs_learned], 4u);
    EXPECT_EQ(relay[WorkerCounter::retransmissions_in], 1u);
    const std::array<std::pair<std::uint64_t, std::uint32_t>, 4> learned{
        {{3, 500}, {3, 501}, {2, 502}, {2, 503}}};
    ASSERT_EQ(relay.notices.size(), learned.size());
    for (std::size_t i = 0; i < learned.size(); ++i) {
        EXPECT_EQ(relay.notices[i].id, learned[i].first) << i;
        EXPECT_EQ(relay.notices[i].ssrc, learned[i].second) << i;
        EXPECT_EQ(relay.notices[i].rtx, i == 1 || i == 2) << i;
    }
    // B8: later packets have no names.
    relay.receive(publisher, of_section(500, 96, nullptr));
    relay.receive(publisher, of_section(503, 96, nullptr));
    EXPECT_EQ(relay[RxDrop::unknown_ssrc], 2u);
    // C38: one SSRC for each, however many claim to be it.
    for (std::uint32_t other = 600; other < 700; ++other)
        relay.receive(publisher, of_section(other, 96, "0"));
    EXPECT_EQ(relay[WorkerCounter::ssrcs_refused], 100u);
    EXPECT_EQ(relay[WorkerCounter::ssrcs_learned], 4u);
    relay.expect_equations();
}

// C53: control knows it by now, and says so after a restart of the data plane.
TEST(Learning, AnSsrcThatWasLearnedByMidBeforeIsKnownWithoutIt) {
    Relay relay;
    ASSERT_EQ(relay.transport(1, 2), "");
    ASSERT_EQ(section(relay, 2, "0", 500), "");
    ASSERT_EQ(section(relay, 3, "1", 501), "");
    relay.receive(Relay::peer(2), of_section(500, 96, nullptr));
    relay.receive(Relay::peer(2), of_section(501, 96, nullptr));
    EXPECT_EQ(relay[RxDrop::no_receiver], 2u);
    EXPECT_EQ(relay[RxDrop::unknown_ssrc], 0u);
}

TEST(Learning, TheTableOfSsrcsIsBounded) {  // C38
    WorkerConfig config;
    config.max_ssrcs = 2;
    Relay relay(config);
    ASSERT_EQ(relay.transport(1, 2), "");
    ASSERT_EQ(relay.track(2, 1, "opus", {1}), "");
    ASSERT_EQ(relay.track(3, 1, "opus", {2}, 112), "");
    ASSERT_EQ(relay.track(4, 1, "opus", {0}, 113), "");
    relay.receive(Relay::peer(2), rtp({.ssrc = 42, .payload_type = 113}));
    EXPECT_EQ(relay[WorkerCounter::ssrcs_refused], 1u);
    EXPECT_EQ(relay[RxDrop::unknown_ssrc], 1u);
}

}  // namespace
}  // namespace strata::dataplane

#include "dataplane/server/desired_state.h"

#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane {
namespace {

using api::WorkerCounter;

TEST(DesiredState, RefusesWhatCannotBe) {
    Relay relay;
    EXPECT_EQ(relay.track(2, 1, "opus", {1}), "unknown-transport");
    EXPECT_EQ(relay.transport(1, 2, 7), "unknown-worker");
    EXPECT_EQ(relay.transport(1, 2), "");
    EXPECT_EQ(relay.transport(5, 2), "address-in-use");
    EXPECT_EQ(relay.subscription(4, 2, 1, 7000), "unknown-track");
    EXPECT_EQ(relay.track(2, 1, "opus", {}), "invalid");
    EXPECT_EQ(relay.track(2, 1, "opus", {1}, 72), "invalid");  // RTCP's
    EXPECT_EQ(relay.track(2, 1, "opus", {1}), "");
    EXPECT_EQ(relay.track(3, 1, "opus", {1}, 112), "ssrc-collision");  // C38
    EXPECT_EQ(relay.subscription(4, 2, 9, 7000), "unknown-transport");
    EXPECT_EQ(relay.transport(6, 3), "");
    EXPECT_EQ(relay.subscription(4, 2, 6, 0), "invalid");
    EXPECT_EQ(relay.subscription(4, 2, 6, 7000), "");
    EXPECT_EQ(relay.subscription(5, 2, 6, 7000), "ssrc-collision");
    api::Object wrong;
    EXPECT_EQ(relay.put(wrong), "invalid");
    EXPECT_EQ(relay.state->transports(), 2u);
    EXPECT_EQ(relay.state->tracks(), 1u);
    EXPECT_EQ(relay.state->subscriptions(), 1u);
}

TEST(DesiredState, EveryLimitRefuses) {
    Relay relay({}, {.transports_per_worker = 2,
                     .tracks_per_worker = 1,
                     .subscriptions_per_worker = 20,
                     .subscriptions_per_track = 17});
    EXPECT_EQ(relay.transport(1, 2), "");
    EXPECT_EQ(relay.transport(2, 3), "");
    EXPECT_EQ(relay.transport(3, 4), "capacity");
    EXPECT_EQ(relay.track(10, 1, "opus", {1}), "");
    EXPECT_EQ(relay.track(11, 1, "opus", {2}, 112), "capacity");
    for (std::uint64_t i = 0; i < 17; ++i)
        EXPECT_EQ(relay.subscription(20 + i, 10, 2, static_cast<std::uint32_t>(100 + i)), "");
    EXPECT_EQ(relay.subscription(40, 10, 2, 200), "capacity");
    relay.remove(api::SUBSCRIPTION, 20);
    EXPECT_EQ(relay.subscription(40, 10, 2, 200), "");
}

TEST(DesiredState, ATrackServesABoundedNumberOfProfiles) {
    Relay relay;
    relay.transport(1, 2);
    relay.track(2, 1, "opus", {1});
    relay.transport(3, 11);
    for (std::uint32_t i = 0; i < relay::TrackConfig{}.header_profiles; ++i)
        EXPECT_EQ(relay.subscription(10 + i, 2, 3, 7000 + i, 96 + i), "");
    EXPECT_EQ(relay.subscription(40, 2, 3, 8000, 120), "capacity");
    EXPECT_EQ(relay.subscription(40, 2, 3, 8000, 97), "");
    relay.remove(api::SUBSCRIPTION, 10);
    EXPECT_EQ(relay.subscription(41, 2, 3, 8001, 120), "");
}

TEST(DesiredState, TheSameAgainChangesNothing) {
    Relay relay;
    relay.transport(1, 2);
    relay.track(2, 1, "opus", {1});
    relay.transport(3, 11);
    relay.subscription(4, 2, 3, 7000);
    const std::uint64_t before = relay[WorkerCounter::commands];
    EXPECT_EQ(relay.transport(1, 2), "");
    EXPECT_EQ(relay.track(2, 1, "opus", {1}), "");
    EXPECT_EQ(relay.transport(3, 11), "");
    EXPECT_EQ(relay.subscription(4, 2, 3, 7000), "");
    EXPECT_EQ(relay[WorkerCounter::commands], before);
}

// The port of the fixture has addresses of both.
TEST(DesiredState, MediaComesFromTheAddressOfThePeersIpVersion) {
    Relay relay;
    relay.transport(1, 2);
    relay.track(2, 1, "opus", {1});
    const auto at = [&](const IpAddress& remote) {
        api::Object object = transport_object(3, 11, 0);
        const auto* bytes = reinterpret_cast<const char*>(remote.bytes.data());
        object.mutable_transport()->set_remote_address(remote.is_v4() ? std::string(bytes + 12, 4)
                                                                      : std::string(bytes, 16));
        return relay.put(object);
    };
    std::uint16_t sequence = 0;
    const auto source = [&] {
        relay.receive(Relay::peer(2), rtp({.ssrc = 1, .sequence = ++sequence}));
        return relay.sent.empty() ? "nothing" : to_string(relay.sent.back().flow.local_endpoint());
    };
    EXPECT_EQ(at(*IpAddress::parse("fd00::9")), "");
    relay.subscription(4, 2, 3, 7000);
    EXPECT_EQ(source(), "[fd00::1]:4000");
    EXPECT_EQ(at(*IpAddress::parse("192.168.7.9")), "");  // it moves
    EXPECT_EQ(source(), "192.168.7.1:4000");
    EXPECT_EQ(at(*IpAddress::parse("10.0.0.9")), "");
    EXPECT_EQ(source(), "10.0.0.1:4000");
}

TEST(DesiredState, AChangedTrackKeepsItsReceivers) {
    Relay relay;
    relay.transport(1, 2);
    relay.track(2, 1, "opus", {1});
    relay.transport(3, 11);
    relay.subscription(4, 2, 3, 7000);
    EXPECT_EQ(relay.track(2, 1, "opus", {5}), "");
    relay.receive(Relay::peer(2), rtp({.ssrc = 1, .payload_type = 99}));
    relay.receive(Relay::peer(2), rtp({.ssrc = 5}));
    EXPECT_EQ(relay.media_to(Relay::peer(11)).size(), 1u);
    EXPECT_EQ(relay.track(2, 1, "opus", {5}, 72), "invalid");  // the one before stays
    relay.receive(Relay::peer(2), rtp({.ssrc = 5, .sequence = 1}));
    EXPECT_EQ(relay.media_to(Relay::peer(11)).size(), 2u);
}

TEST(DesiredState, RetainRemovesTheRest) {
    Relay relay;
    relay.transport(1, 2);
    relay.track(2, 1, "opus", {1});
    relay.transport(3, 11);
    relay.subscription(4, 2, 3, 7000);
    std::vector<api::ObjectRef> keep(2);
    keep[0].set_kind(api::TRANSPORT);
    keep[0].set_id(1);
    keep[1].set_kind(api::TRACK);
    keep[1].set_id(2);
    relay.state->retain(keep);
    relay.turn();
    EXPECT_EQ(relay.state->transports(), 1u);
    EXPECT_EQ(relay.state->tracks(), 1u);
    EXPECT_EQ(relay.state->subscriptions(), 0u);
}

TEST(DesiredState, StatisticsSlotsAreGivenBack) {
    Relay relay;
    for (int round = 0; round < 200; ++round) {  // 256 slots, four objects each
        relay.transport(1, 2);
        relay.track(2, 1, "opus", {1});
        relay.transport(3, 11);
        relay.subscription(4, 2, 3, 7000);
        relay.remove(api::TRANSPORT, 1);
        relay.remove(api::TRANSPORT, 3);
    }
    EXPECT_EQ(relay.statistics->header().slots_exhausted.get(), 0u);
}

}  // namespace
}  // namespace strata::dataplane

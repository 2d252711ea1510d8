#include <poll.h>

#include "tests/unit/dataplane/worker/relay_fixture.h"
#include "tests/unit/relay/ice/stun_sample.h"

namespace strata::dataplane {
namespace {

using api::RxDrop;
using api::WorkerCounter;

// A DTLS record, as far as the data plane looks: its first byte.
Packet dtls(std::size_t size = 100) {
    Packet packet(size, 0x5a);
    packet[0] = 22;
    return packet;
}

class WorkerPunt : public testing::Test {
  protected:
    WorkerPunt() : relay_(WorkerConfig{.main_bell = &bell_, .punt_ring_bytes = 8'192}) {
        api::Object object;
        object.mutable_transport()->set_id(1);
        api::IceCredentials& one = *object.mutable_transport()->mutable_ice()->add_credentials();
        one.set_local_ufrag("ours");
        one.set_local_password("password/of/22/letters");
        EXPECT_EQ(relay_.put(object), "");
    }
    ~WorkerPunt() override { relay_.expect_equations(); }

    void validate() {
        relay_.receive(
            peer_, relay::make_check({.username = "ours:x", .password = "password/of/22/letters"}));
    }

    // Whether the main thread was rung since it answered last.
    bool rung() {
        pollfd bell{bell_.fd(), POLLIN, 0};
        const bool is = ::poll(&bell, 1, 0) == 1;
        bell_.answer();
        return is;
    }

    Doorbell bell_;
    Relay relay_;
    const Endpoint peer_ = Relay::peer(2);
};

TEST_F(WorkerPunt, WhatTheMainThreadIsToHearOfRingsItsBell) {
    EXPECT_TRUE(rung()) << "commands were done";
    relay_.receive(peer_, dtls());
    relay_.pass(20'000);
    EXPECT_FALSE(rung()) << "dropped packets and timers are no news";
    validate();
    EXPECT_TRUE(rung()) << "nominated";
    relay_.receive(peer_, dtls());
    EXPECT_TRUE(rung()) << "a datagram for control";
    relay_.turn();
    EXPECT_FALSE(rung()) << "once";
}

TEST_F(WorkerPunt, OnlyValidatedTuplesReachControl) {  // C45
    relay_.receive(peer_, dtls());
    EXPECT_EQ(relay_[RxDrop::unvalidated], 1u);
    EXPECT_FALSE(relay_.worker->punts().front());
    validate();
    relay_.receive(peer_, dtls(1'300));
    EXPECT_EQ(relay_[WorkerCounter::punted], 1u);
    const auto record = relay_.worker->punts().front();
    ASSERT_TRUE(record);
    EXPECT_EQ(record->transport, 1u);
    EXPECT_TRUE(std::ranges::equal(record->datagram, dtls(1'300)));
    relay_.worker->punts().pop();
    EXPECT_FALSE(relay_.worker->punts().front());
}

TEST_F(WorkerPunt, PlainTransportsHaveNoDtls) {
    relay_.transport(5, 9);
    relay_.receive(Relay::peer(9), dtls());
    EXPECT_EQ(relay_[RxDrop::dtls_refused], 1u);
}

TEST_F(WorkerPunt, AFloodIsBounded) {  // C52
    validate();
    for (int i = 0; i < 150; ++i) relay_.receive(peer_, dtls(20));
    EXPECT_EQ(relay_[WorkerCounter::punted], 100u);
    EXPECT_EQ(relay_[RxDrop::punt_rate_limited], 50u);
    relay_.now += 1'000'000;
    for (int i = 0; i < 10; ++i) relay_.receive(peer_, dtls(1'400));
    EXPECT_LT(relay_[WorkerCounter::punted], 110u);
    EXPECT_GT(relay_[RxDrop::punt_full], 0u);
}

TEST_F(WorkerPunt, DownwardsToWhereThePeerIs) {
    const std::string flight(1'200, '\x16');
    ASSERT_TRUE(relay_.state->send_datagram(1, flight));
    relay_.turn();
    EXPECT_EQ(relay_[WorkerCounter::punts_down_lost], 1u);
    validate();
    relay_.sent.clear();
    ASSERT_TRUE(relay_.state->send_datagram(1, flight));
    relay_.turn();
    ASSERT_EQ(relay_.sent.size(), 1u);
    EXPECT_EQ(relay_.sent[0].flow.remote_endpoint(), peer_);
    EXPECT_EQ(std::string(relay_.sent[0].packet.begin(), relay_.sent[0].packet.end()), flight);
    EXPECT_EQ(relay_[WorkerCounter::punts_down], 1u);
    EXPECT_FALSE(relay_.state->send_datagram(77, flight));
}

TEST_F(WorkerPunt, DownwardsSoManyAtOnce) {  // C52
    std::uint32_t taken = 0;
    while (taken < 5'000 && relay_.state->send_datagram(1, "\x16")) ++taken;
    EXPECT_EQ(taken, StateLimits{}.datagrams_per_worker);
    for (int i = 0; i < 100; ++i) relay_.turn();
    EXPECT_TRUE(relay_.state->send_datagram(1, "\x16"));
    relay_.remove(api::TRANSPORT, 1);
    EXPECT_FALSE(relay_.state->send_datagram(1, "\x16"));
}

}  // namespace
}  // namespace strata::dataplane

#include "control/dtls/handshakes.h"

#include <gtest/gtest.h>

#include "tests/unit/control/dtls/openssl_peer.h"

namespace strata::control {
namespace {

using namespace std::chrono_literals;
using Datagram = DatagramBio::Datagram;

// One Handshakes with a clock and timers of the test's own.
struct Fixture : testing::Test {
    static api::LimitsConfig small() {
        api::LimitsConfig config;
        config.dtls_handshakes = 3;
        config.dtls_handshakes_per_s = 5;
        config.dtls_datagrams = 20;
        return config;
    }
    Fixture() { handshakes.use(*DtlsContext::make(7)); }

    void exchange(OpensslPeer& client, ParticipantId id) {
        for (bool moved = true; moved;) {
            moved = false;
            for (const Datagram& datagram : std::exchange(client.output(), {})) {
                handshakes.receive(id, datagram);
                moved = true;
            }
            for (const Datagram& datagram : std::exchange(sent[id], {})) {
                client.receive(datagram);
                moved = true;
            }
        }
    }
    void run_timers(std::chrono::milliseconds up_to) {
        for (auto& [when, run] : std::exchange(timers, {}))
            if (when <= up_to)
                run();
            else
                timers.emplace_back(when, std::move(run));
    }
    std::uint64_t counted(DtlsCounter counter) const { return handshakes.counter(counter); }

    Limits limits{small()};
    std::chrono::steady_clock::time_point now{1h};
    std::map<ParticipantId, std::vector<Datagram>> sent;
    std::map<ParticipantId, std::function<void()>> in_force;
    std::vector<std::pair<ParticipantId, Handshakes::End>> ended;
    std::vector<std::pair<std::chrono::milliseconds, std::function<void()>>> timers;
    Handshakes handshakes{
        limits,
        {.send = [this](ParticipantId id, const Datagram& d) { sent[id].push_back(d); },
         .install =
             [this](ParticipantId id, const SrtpKeys& keys, std::function<void()> done) {
                 EXPECT_EQ(keys.profile, SrtpProfile::aead_aes_128_gcm);
                 in_force[id] = std::move(done);
             },
         .ended = [this](ParticipantId id, Handshakes::End end,
                         std::string_view) { ended.emplace_back(id, end); },
         .now = [this] { return now; },
         .after = [this](auto wait, auto run) { timers.emplace_back(wait, std::move(run)); }}};
};
using HandshakesTest = Fixture;

TEST_F(HandshakesTest, LastFlightWaitsForTheKeysToBeInForce) {  // C45
    OpensslPeer client({});
    handshakes.expect({1}, DtlsRole::server, client.fingerprint());
    client.start();
    exchange(client, {1});
    ASSERT_TRUE(in_force.contains({1}));
    EXPECT_FALSE(client.done());
    in_force[{1}]();
    exchange(client, {1});
    EXPECT_TRUE(client.done());
    EXPECT_EQ(counted(DtlsCounter::completed), 1u);
    EXPECT_EQ(handshakes.running(), 0u);
    run_timers(1h);
    EXPECT_TRUE(ended.empty());
    client.close();
    exchange(client, {1});
    ASSERT_EQ(ended.size(), 1u);
    EXPECT_EQ(ended[0].second, Handshakes::End::closed);
}

// A rotated certificate is shown to those who were told of it, and to nobody else.
TEST_F(HandshakesTest, EachPeerIsShownTheCertificateThatItWasTold) {
    const Fingerprint first = handshakes.fingerprint();
    OpensslPeer expected({}), offered({}), late({});
    handshakes.expect({1}, DtlsRole::server, expected.fingerprint());
    handshakes.use(*DtlsContext::make(7));
    const Fingerprint second = handshakes.fingerprint();
    EXPECT_NE(first, second);
    // Told before, answered after.
    handshakes.expect({2}, DtlsRole::server, offered.fingerprint(), first);
    handshakes.expect({3}, DtlsRole::server, late.fingerprint(), second);
    const auto shown = [&](OpensslPeer& client, ParticipantId id) {
        client.start();
        exchange(client, id);
        return client.shown();
    };
    EXPECT_EQ(shown(expected, {1}), first);
    EXPECT_EQ(shown(offered, {2}), first);
    EXPECT_EQ(shown(late, {3}), second);
    EXPECT_EQ(in_force.size(), 3u);
}

TEST_F(HandshakesTest, NothingIsMadeForStrangersAndGarbage) {
    OpensslPeer client({});
    client.start();
    const Datagram hello = client.output().front();
    handshakes.receive({9}, hello);
    handshakes.expect({1}, DtlsRole::server, client.fingerprint());
    handshakes.receive({1}, Datagram(100, 22));
    EXPECT_EQ(counted(DtlsCounter::unexpected), 2u);
    EXPECT_EQ(counted(DtlsCounter::started), 0u);
}

TEST_F(HandshakesTest, RateAndNumberAreBounded) {  // C52
    OpensslPeer client({});
    client.start();
    const Datagram hello = client.output().front();
    for (std::uint64_t id = 1; id <= 10; ++id) {
        handshakes.expect({id}, DtlsRole::server, client.fingerprint());
        handshakes.receive({id}, hello);
    }
    EXPECT_EQ(handshakes.running(), 3u);
    EXPECT_EQ(counted(DtlsCounter::over_count), 7u);
    for (std::uint64_t id = 1; id <= 3; ++id) handshakes.forget({id});
    for (std::uint64_t id = 4; id <= 10; ++id) {
        handshakes.receive({id}, hello);
        handshakes.forget({id});
    }
    EXPECT_EQ(counted(DtlsCounter::started), 5u);  // one second's worth
    EXPECT_EQ(counted(DtlsCounter::over_rate), 5u);
    EXPECT_EQ(limits.hits(Limit::dtls_handshakes_per_s), 5u);
    now += 1s;
    handshakes.expect({11}, DtlsRole::server, client.fingerprint());
    handshakes.receive({11}, hello);
    EXPECT_EQ(counted(DtlsCounter::started), 6u);
    EXPECT_EQ(handshakes.running(), 1u);
}

TEST_F(HandshakesTest, AbandonedOnesEndInTime) {
    OpensslPeer client({});
    client.start();
    handshakes.expect({1}, DtlsRole::server, client.fingerprint());
    handshakes.receive({1}, client.output().front());
    run_timers(30s);
    ASSERT_EQ(ended.size(), 1u);
    EXPECT_EQ(ended[0].second, Handshakes::End::failed);
    EXPECT_EQ(counted(DtlsCounter::timed_out), 1u);
    EXPECT_EQ(handshakes.running(), 0u);
    EXPECT_EQ(handshakes.expected(), 0u);
}

TEST_F(HandshakesTest, DatagramsOfOneHandshakeAreBounded) {
    OpensslPeer client({});
    client.start();
    handshakes.expect({1}, DtlsRole::server, client.fingerprint());
    for (int i = 0; i < 30; ++i) handshakes.receive({1}, client.output().front());
    EXPECT_EQ(counted(DtlsCounter::over_datagrams), 10u);
}

TEST_F(HandshakesTest, WrongPeerIsCountedAndEnds) {
    OpensslPeer client({});
    Fingerprint other{};
    handshakes.expect({1}, DtlsRole::server, other);
    client.start();
    exchange(client, {1});
    EXPECT_EQ(counted(DtlsCounter::wrong_peer), 1u);
    ASSERT_EQ(ended.size(), 1u);
    EXPECT_TRUE(in_force.empty());
}

TEST_F(HandshakesTest, AClientSpeaksOnceItsPeerIsReachable) {
    const auto other = *DtlsContext::make(1);
    Handshake server(other, DtlsRole::server, handshakes.fingerprint());
    handshakes.expect({1}, DtlsRole::client, other->fingerprint());
    EXPECT_TRUE(sent[{1}].empty());
    handshakes.reachable({1});
    handshakes.reachable({1});
    for (int i = 0; i < 6; ++i) {
        for (const Datagram& datagram : std::exchange(sent[{1}], {})) server.receive(datagram);
        server.release();
        while (const auto datagram = server.next_output()) handshakes.receive({1}, *datagram);
    }
    EXPECT_EQ(server.state(), Handshake::State::done);
    EXPECT_EQ(counted(DtlsCounter::completed), 1u);
}

}  // namespace
}  // namespace strata::control

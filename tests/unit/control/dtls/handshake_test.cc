#include "control/dtls/handshake.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "tests/unit/control/dtls/openssl_peer.h"

namespace strata::control {
namespace {

using namespace std::chrono_literals;
using Datagram = DatagramBio::Datagram;

std::shared_ptr<const DtlsContext> context() {
    static const auto kContext = *DtlsContext::make(7);
    return kContext;
}

// One datagram at a time each way until nothing moves.
void exchange(OpensslPeer& client, Handshake& server) {
    for (bool moved = true; moved;) {
        moved = false;
        while (!client.output().empty()) {
            const Datagram datagram = std::move(client.output().front());
            client.output().pop_front();
            server.receive(datagram);
            moved = true;
        }
        while (const auto datagram = server.next_output()) {
            client.receive(*datagram);
            moved = true;
        }
    }
}

std::string joined(const SrtpKeys& keys) {
    return std::string(keys.inbound_key.text()) + std::string(keys.outbound_key.text()) +
           std::string(keys.inbound_salt.text()) + std::string(keys.outbound_salt.text());
}

TEST(Handshake, ServerChoosesGcmThoughTheClientListsCmFirst) {  // C45
    OpensslPeer client({});
    Handshake server(context(), DtlsRole::server, client.fingerprint());
    client.start();
    exchange(client, server);
    ASSERT_EQ(server.state(), Handshake::State::done) << server.failure();
    EXPECT_FALSE(client.done());  // our last flight is held back
    EXPECT_TRUE(server.keys()->flight_follows);
    EXPECT_EQ(server.keys()->profile, SrtpProfile::aead_aes_128_gcm);
    server.release();
    exchange(client, server);
    ASSERT_TRUE(client.done());
    EXPECT_EQ(client.profile(), 7u);
    EXPECT_EQ(joined(*server.keys()), client.exported(2 * (16 + 12)));
}

TEST(Handshake, EachProfileHasItsLengths) {
    struct Case {
        const char* offered;
        SrtpProfile chosen;
        std::size_t key, salt;
    };
    for (const Case& c : {Case{"SRTP_AES128_CM_SHA1_80", SrtpProfile::aes128_cm_sha1_80, 16, 14},
                          Case{"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM",
                               SrtpProfile::aead_aes_256_gcm, 32, 12}}) {
        OpensslPeer client({.profiles = c.offered});
        Handshake server(context(), DtlsRole::server, client.fingerprint());
        client.start();
        exchange(client, server);
        server.release();
        exchange(client, server);
        ASSERT_EQ(server.state(), Handshake::State::done) << server.failure();
        EXPECT_EQ(server.keys()->profile, c.chosen);
        EXPECT_EQ(server.keys()->inbound_key.bytes().size(), c.key);
        EXPECT_EQ(server.keys()->outbound_salt.bytes().size(), c.salt);
        EXPECT_EQ(joined(*server.keys()), client.exported(2 * (c.key + c.salt)));
    }
}

TEST(Handshake, NoCommonProfileFails) {
    for (const char* offered : {"", "SRTP_AES128_CM_SHA1_32"}) {
        OpensslPeer client({.profiles = offered});
        Handshake server(context(), DtlsRole::server, client.fingerprint());
        client.start();
        exchange(client, server);
        EXPECT_EQ(server.state(), Handshake::State::failed);
        EXPECT_EQ(server.keys(), nullptr);
        EXPECT_FALSE(client.done() && client.profile() != 0);
    }
}

TEST(Handshake, AnotherCertificateThanSignalledGivesNoKeys) {  // C45
    OpensslPeer client({});
    Fingerprint other = client.fingerprint();
    other[31] ^= 1;
    Handshake server(context(), DtlsRole::server, other);
    client.start();
    exchange(client, server);
    EXPECT_EQ(server.state(), Handshake::State::failed);
    EXPECT_TRUE(server.wrong_certificate());
    EXPECT_EQ(server.keys(), nullptr);
}

TEST(Handshake, NoCertificateFails) {
    OpensslPeer client({.with_certificate = false});
    Handshake server(context(), DtlsRole::server, client.fingerprint());
    client.start();
    exchange(client, server);
    EXPECT_EQ(server.state(), Handshake::State::failed);
}

TEST(Handshake, ClientRoleAgreesWithServerRole) {
    const auto other = *DtlsContext::make(1);
    Handshake client(other, DtlsRole::client, context()->fingerprint());
    Handshake server(context(), DtlsRole::server, other->fingerprint());
    server.start();  // nothing
    client.start();
    server.release();
    for (int i = 0; i < 8; ++i) {
        while (const auto datagram = client.next_output()) {
            EXPECT_LE(datagram->size(), kDtlsMtuBytes);
            server.receive(*datagram);
        }
        server.release();
        while (const auto datagram = server.next_output()) {
            EXPECT_LE(datagram->size(), kDtlsMtuBytes);
            client.receive(*datagram);
        }
    }
    ASSERT_EQ(client.state(), Handshake::State::done) << client.failure();
    ASSERT_EQ(server.state(), Handshake::State::done) << server.failure();
    EXPECT_FALSE(client.keys()->flight_follows);
    EXPECT_EQ(client.keys()->inbound_key, server.keys()->outbound_key);
    EXPECT_EQ(client.keys()->outbound_salt, server.keys()->inbound_salt);
}

TEST(Handshake, HelloInTwoDatagramsInEitherOrder) {  // C45
    for (const bool swapped : {false, true}) {
        OpensslPeer client({.alpn_bytes = 1600});
        Handshake server(context(), DtlsRole::server, client.fingerprint());
        client.start();
        ASSERT_GE(client.output().size(), 2u);
        if (swapped) std::swap(client.output()[0], client.output()[1]);
        exchange(client, server);
        server.release();
        exchange(client, server);
        EXPECT_TRUE(client.done());
        EXPECT_EQ(server.state(), Handshake::State::done) << server.failure();
    }
}

// Both directions lose, repeat and reorder datagrams; timers bring the rest.
TEST(Handshake, LossReorderingAndDuplicates) {
    for (unsigned seed = 1; seed <= 25; ++seed) {
        std::mt19937 random(seed);
        OpensslPeer client({.mtu = seed % 2 == 0 ? 300 : 1200, .hurried = true});
        Handshake server(context(), DtlsRole::server, client.fingerprint(), 5ms);
        client.start();
        std::deque<Datagram> up, down;
        const auto put = [&](std::deque<Datagram>& pipe, const Datagram& datagram) {
            if (random() % 100 < 20) return;
            const std::size_t at =
                pipe.empty() || random() % 3 != 0 ? pipe.size() : pipe.size() - 1;
            pipe.insert(pipe.begin() + static_cast<std::ptrdiff_t>(at), datagram);
            if (random() % 100 < 20) pipe.push_back(datagram);
        };
        const auto end = std::chrono::steady_clock::now() + 10s;
        while (!client.done() && std::chrono::steady_clock::now() < end) {
            for (const Datagram& datagram : client.output()) put(up, datagram);
            client.output().clear();
            while (const auto datagram = server.next_output()) {
                EXPECT_LE(datagram->size(), kDtlsMtuBytes);
                put(down, *datagram);
            }
            for (; !up.empty(); up.pop_front()) server.receive(up.front());
            for (; !down.empty(); down.pop_front()) client.receive(down.front());
            if (server.state() == Handshake::State::done) server.release();
            client.on_timer();
            server.on_timer();
            std::this_thread::sleep_for(500us);
        }
        ASSERT_TRUE(client.done()) << "seed " << seed;
        ASSERT_EQ(server.state(), Handshake::State::done) << "seed " << seed << server.failure();
        EXPECT_EQ(joined(*server.keys()), client.exported(56));
    }
}

TEST(Handshake, RepeatedLastFlightOfTheClientIsAnsweredOnceReleased) {
    OpensslPeer client({.hurried = true});
    Handshake server(context(), DtlsRole::server, client.fingerprint(), 5ms);
    client.start();
    exchange(client, server);
    std::this_thread::sleep_for(6ms);
    client.on_timer();  // repeats: nothing of ours may leave yet
    exchange(client, server);
    EXPECT_FALSE(client.done());
    server.release();
    while (server.next_output()) {  // lost on the way
    }
    for (int i = 0; i < 100 && !client.done(); ++i) {
        std::this_thread::sleep_for(5ms);
        client.on_timer();
        exchange(client, server);
    }
    EXPECT_TRUE(client.done());
    EXPECT_EQ(server.state(), Handshake::State::done);
}

TEST(Handshake, GarbageChangesNothing) {
    std::mt19937 random(7);
    OpensslPeer client({});
    Handshake server(context(), DtlsRole::server, client.fingerprint());
    const auto garbage = [&] {
        for (int i = 0; i < 50; ++i) {
            Datagram datagram(random() % 1500 + 1);
            for (auto& byte : datagram) byte = static_cast<std::uint8_t>(random());
            datagram[0] = static_cast<std::uint8_t>(20 + random() % 44);
            server.receive(datagram);
            while (server.next_output()) {
            }
        }
    };
    garbage();
    client.start();
    exchange(client, server);
    server.release();
    exchange(client, server);
    ASSERT_TRUE(client.done()) << server.failure();
    garbage();
    EXPECT_EQ(server.state(), Handshake::State::done);
    client.close();
    exchange(client, server);
    EXPECT_EQ(server.state(), Handshake::State::closed);
}

TEST(Handshake, RecognisesAClientHello) {
    OpensslPeer client({});
    client.start();
    EXPECT_TRUE(is_client_hello(client.output().front()));
    EXPECT_FALSE(is_client_hello({}));
    Datagram other = client.output().front();
    other[13] = 2;
    EXPECT_FALSE(is_client_hello(other));
}

}  // namespace
}  // namespace strata::control

#include <gtest/gtest.h>

#include "tests/unit/dataplane/worker/srtp_peer.h"

namespace strata::dataplane {
namespace {

using api::RxDrop;
using api::TxDrop;
using api::WorkerCounter;
using relay::SrtpProfile;

constexpr SrtpProfile kCm = SrtpProfile::aes128_cm_sha1_80, kGcm = SrtpProfile::aead_aes_128_gcm,
                      kGcm256 = SrtpProfile::aead_aes_256_gcm;

// A publisher at 10.0.0.2 with one audio track, and receivers from 10.0.0.3 on.
class WorkerSrtp : public ::testing::Test {
  protected:
    std::string secure_transport(std::uint64_t id, std::uint8_t last_byte,
                                 const api::Security& security, std::uint64_t mtu = 0) {
        api::Object object = secure_transport_object(id, last_byte, security);
        object.mutable_transport()->set_mtu_bytes(mtu);
        return relay_.put(object);
    }
    void publish(const api::Security& security) {
        ASSERT_EQ(secure_transport(1, 2, security), "");
        ASSERT_EQ(relay_.track(1, 1, "opus", {0x1111}), "");
    }
    std::string receive_at(std::uint64_t id, std::uint8_t last_byte, const api::Security& security,
                           std::uint32_t ssrc = 0x2222) {
        const std::string problem = secure_transport(id, last_byte, security);
        return problem.empty() ? relay_.subscription(id, 1, id, ssrc) : problem;
    }
    static Packet media(std::uint16_t sequence) {
        return rtp({.ssrc = 0x1111,
                    .sequence = sequence,
                    .timestamp = sequence * 960u,
                    .payload = Packet(120, static_cast<std::uint8_t>(sequence))});
    }
    void send(SrtpPeer& peer, std::uint16_t sequence) {
        relay_.receive(Relay::peer(2), peer.protect(media(sequence)));
    }
    // Payloads that the receiver could read, of what it was sent so far.
    std::vector<Packet> read(SrtpPeer& peer, std::uint8_t last_byte) {
        std::vector<Packet> out;
        for (const Relay::Sent& sent : relay_.media_to(Relay::peer(last_byte)))
            if (const auto plain = peer.unprotect(sent.packet))
                out.emplace_back(plain->begin() + 12, plain->end());
        return out;
    }

    Relay relay_;
    SrtpPeer publisher_{kGcm, 10};
};

TEST_F(WorkerSrtp, MediaIsDecryptedAndEncryptedAnewForEachReceiver) {
    publish(publisher_.security);
    SrtpPeer gcm(kGcm, 20), gcm256(kGcm256, 30), cm(kCm, 40);
    ASSERT_EQ(receive_at(2, 3, gcm.security), "");
    ASSERT_EQ(receive_at(3, 4, gcm256.security), "");
    ASSERT_EQ(receive_at(4, 5, cm.security), "");
    ASSERT_EQ(relay_.transport(5, 6), "");  // this one in the clear
    ASSERT_EQ(relay_.subscription(5, 1, 5, 0x2222), "");
    std::vector<Packet> sent;
    for (std::uint16_t i = 0; i < 100; ++i) {
        send(publisher_, static_cast<std::uint16_t>(100 + i));
        sent.emplace_back(120, static_cast<std::uint8_t>(100 + i));
    }
    EXPECT_EQ(read(gcm, 3), sent);
    EXPECT_EQ(read(gcm256, 4), sent);
    EXPECT_EQ(read(cm, 5), sent);
    const auto plain = relay_.media_to(Relay::peer(6));
    ASSERT_EQ(plain.size(), 100u);
    EXPECT_EQ(Packet(plain[7].packet.begin() + 12, plain[7].packet.end()), sent[7]);
    EXPECT_EQ(relay_.media_to(Relay::peer(3))[0].packet.size(), 12u + 120 + 16);
    EXPECT_EQ(relay_.media_to(Relay::peer(5))[0].packet.size(), 12u + 120 + 10);
    EXPECT_EQ(relay_[WorkerCounter::copied_encrypted], 300u);
    relay_.expect_equations();
}

// C25: sequence numbers roll over towards the receiver too.
TEST_F(WorkerSrtp, RollOverCountersAreFollowed) {
    publish(publisher_.security);
    SrtpPeer receiver(kCm, 20);
    ASSERT_EQ(receive_at(2, 3, receiver.security), "");
    for (std::uint32_t i = 0; i < 70'000; ++i) {
        send(publisher_, static_cast<std::uint16_t>(30'000 + i));
        if (i % 1'000 != 999) continue;
        ASSERT_EQ(read(receiver, 3).size(), 1'000u) << i;
        relay_.sent.clear();
    }
    relay_.expect_equations();
}

TEST_F(WorkerSrtp, WhatIsNotAuthenticIsDroppedAndCounted) {
    publish(publisher_.security);
    SrtpPeer stranger(kGcm, 90);
    relay_.receive(Relay::peer(2), media(1));  // in the clear
    relay_.receive(Relay::peer(2), stranger.protect(media(2)));
    const Packet good = publisher_.protect(media(3));
    relay_.receive(Relay::peer(2), good);
    relay_.receive(Relay::peer(2), good);
    relay_.receive(Relay::peer(2), Packet(20, 0x80));
    EXPECT_EQ(relay_[RxDrop::srtp_auth], 2u);
    EXPECT_EQ(relay_[RxDrop::srtp_replay], 1u);  // C47
    EXPECT_EQ(relay_[RxDrop::srtp_malformed], 1u);
    EXPECT_EQ(relay_[RxDrop::no_receiver], 1u);
    relay_.expect_equations();
}

// Copies within one burst, and a forged packet among good ones.
TEST_F(WorkerSrtp, ABurstIsOpenedAtOnce) {
    publish(publisher_.security);
    SrtpPeer receiver(kGcm, 20);
    ASSERT_EQ(receive_at(2, 3, receiver.security), "");
    for (std::uint16_t i = 0; i < 20; ++i) {
        Packet packet = publisher_.protect(media(i));
        relay_.port.push(Relay::flow(Relay::peer(2)), packet);
        if (i == 5) relay_.port.push(Relay::flow(Relay::peer(2)), packet);
        packet[15] = static_cast<std::uint8_t>(packet[15] ^ 1);
        if (i == 7) relay_.port.push(Relay::flow(Relay::peer(2)), packet);
    }
    relay_.turn();
    EXPECT_EQ(read(receiver, 3).size(), 20u);
    EXPECT_EQ(relay_[RxDrop::srtp_replay], 1u);
    EXPECT_EQ(relay_[RxDrop::srtp_auth], 1u);
    relay_.expect_equations();
}

// C42, C45: before the keys nothing passes, and with them the publisher is asked for a key frame.
TEST_F(WorkerSrtp, NothingPassesBeforeTheKeys) {
    ASSERT_EQ(secure_transport(1, 2, api::Security()), "");
    ASSERT_EQ(relay_.track(1, 1, "VP8", {0x1111}, 96), "");
    SrtpPeer receiver(kGcm, 20);
    ASSERT_EQ(receive_at(2, 3, api::Security()), "");
    send(publisher_, 1);
    EXPECT_EQ(relay_[RxDrop::no_keys], 1u);
    EXPECT_TRUE(relay_.sent.empty());
    relay_.pass(2'000'000);
    EXPECT_TRUE(relay_.sent.empty());

    ASSERT_EQ(secure_transport(1, 2, publisher_.security), "");
    const auto asked = relay_.rtcp_to(Relay::peer(2));
    ASSERT_EQ(asked.size(), 1u);
    const auto plain = publisher_.unprotect(asked[0].packet);
    ASSERT_TRUE(plain);
    EXPECT_EQ((*plain)[1], 206);  // PLI, RFC 4585 section 6.3.1
    ASSERT_EQ(secure_transport(2, 3, receiver.security), "");
    relay_.receive(Relay::peer(2), publisher_.protect(rtp({.ssrc = 0x1111,
                                                           .sequence = 2,
                                                           .payload_type = 96,
                                                           .marker = true,
                                                           .payload = vp8_payload(true)})));
    EXPECT_EQ(read(receiver, 3).size(), 1u);
    relay_.expect_equations();
}

// C45: a peer that is a DTLS client reads nothing before it has our last flight, and nothing of
// what was sent when that was lost. A key frame that comes then, because of another receiver, is
// none for it; it might never ask for one.
TEST_F(WorkerSrtp, NothingIsSentBeforeThePeerHasItsKeys) {
    ASSERT_EQ(secure_transport(1, 2, publisher_.security), "");
    ASSERT_EQ(relay_.track(1, 1, "VP8", {0x1111}, 96), "");
    SrtpPeer receiver(kGcm, 20);
    ASSERT_EQ(receive_at(2, 3, api::Security()), "");
    std::uint16_t sequence = 0;
    const auto publish_frame = [&](bool key) {
        relay_.receive(Relay::peer(2), publisher_.protect(rtp({.ssrc = 0x1111,
                                                               .sequence = ++sequence,
                                                               .timestamp = sequence * 3'000u,
                                                               .payload_type = 96,
                                                               .marker = true,
                                                               .payload = vp8_payload(key)})));
    };
    const auto asked = [&] {
        std::size_t n = 0;
        for (const Relay::Sent& sent : relay_.rtcp_to(Relay::peer(2)))
            if (const auto plain = publisher_.unprotect(sent.packet); plain && (*plain)[1] == 206)
                ++n;
        relay_.sent.clear();
        return n;
    };

    api::Security held = receiver.security;
    held.set_flight_follows(true);
    ASSERT_EQ(secure_transport(2, 3, held), "");
    publish_frame(true);
    relay_.pass(3'000'000);
    EXPECT_TRUE(relay_.media_to(Relay::peer(3)).empty());
    EXPECT_TRUE(relay_.rtcp_to(Relay::peer(3)).empty());
    EXPECT_EQ(asked(), 0u);
    // It changes nothing that control says the same again.
    ASSERT_EQ(secure_transport(2, 3, held), "");
    publish_frame(true);
    EXPECT_TRUE(relay_.media_to(Relay::peer(3)).empty());

    ASSERT_TRUE(relay_.state->send_datagram(2, "\x14"));
    relay_.turn();
    EXPECT_EQ(asked(), 1u);
    publish_frame(false);
    EXPECT_TRUE(read(receiver, 3).empty());
    publish_frame(true);
    EXPECT_EQ(read(receiver, 3).size(), 1u);
    EXPECT_EQ(relay_[WorkerCounter::flights_repeated], 0u);

    // The peer lost the flight and repeated its own.
    relay_.pass(1'000'000);
    EXPECT_EQ(asked(), 0u);
    ASSERT_TRUE(relay_.state->send_datagram(2, "\x14"));
    relay_.turn();
    EXPECT_EQ(asked(), 1u);
    EXPECT_EQ(relay_[WorkerCounter::flights_repeated], 1u);
    publish_frame(false);
    EXPECT_EQ(read(receiver, 3).size(), 1u);  // it isn't stopped meanwhile
    relay_.expect_equations();
}

// The same of a publisher: what it is asked for before it has the keys, it doesn't read.
TEST_F(WorkerSrtp, APublisherIsAskedForItsKeyFrameBehindTheLastFlight) {
    ASSERT_EQ(secure_transport(1, 2, api::Security()), "");
    ASSERT_EQ(relay_.track(1, 1, "VP8", {0x1111}, 96), "");
    api::Security held = publisher_.security;
    held.set_flight_follows(true);
    ASSERT_EQ(secure_transport(1, 2, held), "");
    relay_.pass(3'000'000);
    EXPECT_TRUE(relay_.rtcp_to(Relay::peer(2)).empty());
    ASSERT_TRUE(relay_.state->send_datagram(1, "\x14"));
    relay_.turn();
    const auto asked = relay_.rtcp_to(Relay::peer(2));
    ASSERT_EQ(asked.size(), 1u);
    const auto plain = publisher_.unprotect(asked[0].packet);
    ASSERT_TRUE(plain);
    EXPECT_EQ((*plain)[1], 206);
}

// A data plane that is started anew gets keys that their peers have had for long: no flight
// follows.
TEST_F(WorkerSrtp, KeysThatComeWithTheirTransportAreUsedAtOnce) {
    publish(publisher_.security);
    SrtpPeer receiver(kGcm, 20);
    api::Security had = receiver.security;
    had.set_flight_follows(true);
    ASSERT_EQ(receive_at(2, 3, had), "");
    send(publisher_, 1);
    EXPECT_EQ(read(receiver, 3).size(), 1u);
}

TEST_F(WorkerSrtp, RtcpIsSecureBothWays) {
    publish(publisher_.security);
    SrtpPeer receiver(kCm, 20);
    ASSERT_EQ(receive_at(2, 3, receiver.security), "");
    for (std::uint16_t i = 0; i < 10; ++i) send(publisher_, i);
    relay_.pass(3'000'000);
    int reports = 0;
    for (const Relay::Sent& sent : relay_.rtcp_to(Relay::peer(2)))
        reports += publisher_.unprotect(sent.packet).has_value() ? 1 : 0;
    EXPECT_GE(reports, 1);                             // C54
    const Packet report{0x80, 201, 0, 1, 0, 0, 0, 9};  // an empty receiver report
    relay_.receive(Relay::peer(3), receiver.protect(report));
    relay_.receive(Relay::peer(3), report);
    EXPECT_EQ(relay_[WorkerCounter::rtcp_in], 1u);
    EXPECT_EQ(relay_[RxDrop::srtp_malformed], 1u);
    relay_.expect_equations();
}

// RFC 3711 section 3.3.1: indexes go on under new keys.
TEST_F(WorkerSrtp, KeysChangeInPlace) {
    publish(publisher_.security);
    SrtpPeer before(kGcm, 20), after(kCm, 50);
    ASSERT_EQ(receive_at(2, 3, before.security), "");
    for (std::uint16_t i = 0; i < 10; ++i) send(publisher_, i);
    EXPECT_EQ(read(before, 3).size(), 10u);
    relay_.sent.clear();
    ASSERT_EQ(secure_transport(2, 3, after.security), "");
    for (std::uint16_t i = 10; i < 20; ++i) send(publisher_, i);
    EXPECT_EQ(read(after, 3).size(), 10u);
    EXPECT_EQ(secure_transport(2, 3, before.security), "keys-used");  // C25
    relay_.expect_equations();
}

// C25: an SSRC that comes back under the same keys goes on behind what it sent.
TEST_F(WorkerSrtp, AnSsrcThatComesBackUsesNoIndexTwice) {
    publish(publisher_.security);
    SrtpPeer receiver(kGcm, 20);
    ASSERT_EQ(receive_at(2, 3, receiver.security), "");
    std::uint16_t sequence = 0;
    for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < 50; ++i) send(publisher_, sequence++);
        EXPECT_EQ(read(receiver, 3).size(), 50u) << round;
        relay_.sent.clear();
        relay_.remove(api::SUBSCRIPTION, 2);
        ASSERT_EQ(relay_.subscription(2, 1, 2, 0x2222), "");
    }
    EXPECT_EQ(relay_[TxDrop::index_used], 0u);
    relay_.remove(api::TRANSPORT, 2);
    EXPECT_EQ(secure_transport(2, 3, receiver.security), "keys-used");
}

// C46: the tag counts.
TEST_F(WorkerSrtp, APacketThatTheTagMakesTooLargeIsDropped) {
    SrtpPeer publisher(kCm, 60);
    publish(publisher.security);
    SrtpPeer receiver(kGcm, 20);
    ASSERT_EQ(receive_at(2, 3, receiver.security), "");
    const std::size_t most = relay_.port.capabilities().max_datagram_bytes;
    for (const std::size_t payload : {most - 12 - 16, most - 12 - 15})
        relay_.receive(Relay::peer(2),
                       publisher.protect(rtp({.ssrc = 0x1111,
                                              .sequence = static_cast<std::uint16_t>(payload),
                                              .payload = Packet(payload, 1)})));
    EXPECT_EQ(relay_.media_to(Relay::peer(3)).size(), 1u);
    EXPECT_EQ(relay_[TxDrop::too_large], 1u);
    relay_.expect_equations();
}

TEST_F(WorkerSrtp, BadKeysAreRefused) {
    api::Security security = publisher_.security;
    security.mutable_inbound_key()->resize(15);
    EXPECT_EQ(secure_transport(1, 2, security), "invalid");
    security = publisher_.security;
    security.set_profile(static_cast<api::SrtpProfile>(2));
    EXPECT_EQ(secure_transport(1, 2, security), "invalid");
    security = publisher_.security;
    security.set_outbound_key(security.inbound_key());
    security.set_outbound_salt(security.inbound_salt());
    EXPECT_EQ(secure_transport(1, 2, security), "invalid");
    api::Object nowhere;
    nowhere.mutable_transport()->set_id(1);
    *nowhere.mutable_transport()->mutable_security() = publisher_.security;
    EXPECT_EQ(relay_.put(nowhere), "invalid");
}

}  // namespace
}  // namespace strata::dataplane

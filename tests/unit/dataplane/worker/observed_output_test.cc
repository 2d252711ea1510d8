#include <cstring>

#include "relay/rtp/byte_order.h"
#include "tests/unit/dataplane/worker/observed_relay.h"
#include "tests/unit/dataplane/worker/srtp_peer.h"

// What receivers are sent is what captures and traces show.
namespace strata::dataplane {
namespace {

using api::ObservedDirection;
using api::ObservedFate;
using api::RxDrop;
using api::TxDrop;

TEST(WorkerWatch, WhatAReceiverIsSentIsWhatIsShown) {
    ObservedRelay relay;
    relay.audio_room(3);
    api::Observation& o = relay.add();
    o.set_transport(102);
    o.set_in(false);
    o.set_snap_bytes(2'048);
    relay.observe();
    for (std::uint16_t i = 1; i <= 5; ++i) relay.send(i);
    const auto sent = relay.media_to(Relay::peer(12));
    const auto seen = relay.seen();
    ASSERT_EQ(sent.size(), 5u);
    ASSERT_EQ(seen.size(), 5u);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(seen[i].head.direction, ObservedDirection::out);
        EXPECT_EQ(seen[i].head.subscription, 103u);
        EXPECT_EQ(seen[i].head.fate.fate, ObservedFate::sent);
        EXPECT_EQ(seen[i].bytes(), sent[i].packet);
    }
    EXPECT_EQ(relay.media_to(Relay::peer(11)).size(), 5u);
    EXPECT_EQ(relay.media_to(Relay::peer(13)).size(), 5u);
    relay.expect_equations();
}

// Everybody looked at in every way: receivers are sent the same bytes at the same time as without.
TEST(WorkerWatch, LookingChangesNothing) {
    const auto run = [](bool observed) {
        auto relay = std::make_unique<ObservedRelay>();
        relay->audio_room(40);
        if (observed) {
            relay->add();
            relay->add().set_trace(true);
            api::Observation& some = relay->add();
            some.set_transport(120);
            some.set_snap_bytes(2'048);
            relay->add().add_drops("*");
            relay->observe();
        }
        for (std::uint16_t i = 0; i < 50; ++i) {
            relay->send(static_cast<std::uint16_t>(i * 7 % 50));  // out of order
            relay->pass(1'000);
        }
        relay->expect_equations();
        return relay;
    };
    const auto plain = run(false), observed = run(true);
    EXPECT_GT(observed->seen().size(), 50u * 40u);
    ASSERT_EQ(plain->sent.size(), observed->sent.size());
    for (std::size_t i = 0; i < plain->sent.size(); ++i) {
        ASSERT_EQ(plain->sent[i].flow, observed->sent[i].flow);
        ASSERT_EQ(plain->sent[i].packet, observed->sent[i].packet);
        ASSERT_EQ(plain->sent[i].at_us, observed->sent[i].at_us);
    }
}

TEST(WorkerWatch, AnOutputThatFindsTheQueueFullIsNamed) {
    WorkerConfig config;
    config.fan_out.tx_queue.packets = 64;
    config.fan_out.tx_queue.max_wait_us = 1'000'000;
    ObservedRelay relay(config);
    relay.audio_room(4);
    api::Observation& all = relay.add();
    all.set_transport(104);
    all.set_in(false);
    relay.add().add_drops("tx_full");
    relay.observe();
    relay.port.set_tx_limit(0);
    for (std::uint16_t i = 0; i < 20; ++i) relay.send(i);
    std::uint64_t queued = 0, full = 0, only_full = 0;
    for (const Seen& s : relay.seen()) {
        const bool dropped = s.head.fate.fate == ObservedFate::tx_dropped;
        if (dropped) {
            EXPECT_EQ(s.head.fate.reason, static_cast<std::uint8_t>(TxDrop::tx_full));
        }
        if (s.head.observation == 2) {
            EXPECT_TRUE(dropped);
            ++only_full;
        } else {
            ++(dropped ? full : queued);
        }
    }
    EXPECT_EQ(queued, 16u);
    EXPECT_EQ(full, 4u);
    EXPECT_EQ(only_full, 16u);
    EXPECT_EQ(relay[TxDrop::tx_full], 16u);
    relay.expect_equations();
}

TEST(WorkerWatch, ATraceTellsOfGroupsAndOutputs) {
    ObservedRelay relay;
    relay.audio_room(0);
    ASSERT_EQ(relay.track(3, 1, "VP8", {2'222}, 96), "");
    relay.in_room(60, 20, "demo");
    relay.in_room(62, 21, "demo");
    ASSERT_EQ(relay.subscription(61, 3, 60, 9'000, 96), "");
    ASSERT_EQ(relay.subscription(63, 3, 62, 9'001, 96), "");
    api::Observation& o = relay.add();
    o.set_track(3);
    o.set_trace(true);
    relay.observe();
    relay.receive(Relay::peer(2), rtp({.ssrc = 2'222,
                                       .sequence = 5,
                                       .payload_type = 96,
                                       .marker = true,
                                       .payload = vp8_payload(true)}));
    const auto seen = relay.seen();
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].head.kind, api::ObservedKind::trace);
    EXPECT_EQ(seen[0].head.fate.fate, ObservedFate::forwarded);
    api::TracedPacket packet;
    ASSERT_GE(seen[0].tail.size(), sizeof packet);
    std::memcpy(&packet, seen[0].tail.data(), sizeof packet);
    EXPECT_TRUE(packet.parsed);
    EXPECT_TRUE(packet.key_frame && packet.starts_frame && packet.marker);
    EXPECT_EQ(packet.sequence, 5);
    ASSERT_EQ(packet.groups, 1);
    ASSERT_EQ(packet.outputs, 1);
    api::TracedGroup group;
    api::TracedOutput output;
    std::memcpy(&group, seen[0].tail.data() + sizeof packet, sizeof group);
    std::memcpy(&output, seen[0].tail.data() + sizeof packet + sizeof group, sizeof output);
    EXPECT_EQ(group.action, api::TracedAction::forwarded);
    EXPECT_EQ(group.members, 2u);
    EXPECT_EQ(output.receivers, 2u);
    EXPECT_EQ(output.sent, 2u);
    EXPECT_EQ(output.queued + output.dropped + output.held, 0u);
    const auto to = relay.media_to(Relay::peer(20));
    const auto other = relay.media_to(Relay::peer(21));
    ASSERT_EQ(to.size() + other.size(), 2u);
    const Packet& first = output.ssrc == 9'000 ? to[0].packet : other[0].packet;
    EXPECT_EQ(output.sequence, relay::load_be16(&first[2]));
}

TEST(WorkerWatch, SrtpIsShownDecryptedAndWhatFailsIsNamed) {
    const auto profile = relay::SrtpProfile::aead_aes_128_gcm;
    SrtpPeer publisher(profile, 10), receiver(profile, 50);
    ObservedRelay relay;
    ASSERT_EQ(relay.put(secure_transport_object(1, 2, publisher.security)), "");
    ASSERT_EQ(relay.track(2, 1, "opus", {ObservedRelay::kSsrc}), "");
    ASSERT_EQ(relay.put(secure_transport_object(3, 11, receiver.security)), "");
    ASSERT_EQ(relay.subscription(4, 2, 3, 7'000), "");
    relay.add().set_snap_bytes(2'048);
    relay.observe();
    const Packet plain =
        rtp({.ssrc = ObservedRelay::kSsrc, .sequence = 7, .payload = Packet(80, 0x31)});
    relay.receive(Relay::peer(2), publisher.protect(plain));
    Packet forged = publisher.protect(rtp({.ssrc = ObservedRelay::kSsrc, .sequence = 8}));
    forged.back() = static_cast<std::uint8_t>(forged.back() ^ 1);
    relay.receive(Relay::peer(2), forged);
    const auto seen = relay.seen();
    ASSERT_EQ(seen.size(), 3u);
    EXPECT_EQ(seen[0].head.direction, ObservedDirection::out);
    EXPECT_EQ(seen[0].head.fate.fate, ObservedFate::sent);
    EXPECT_TRUE(seen[0].head.secure);
    EXPECT_EQ(seen[0].bytes().size(), plain.size());
    EXPECT_EQ(seen[0].bytes().back(), 0x31);
    EXPECT_EQ(seen[1].bytes(), plain);
    EXPECT_TRUE(seen[2].dropped_for(RxDrop::srtp_auth));
    EXPECT_EQ(relay.media_to(Relay::peer(11)).size(), 1u);
    relay.expect_equations();
}

}  // namespace
}  // namespace strata::dataplane

#include <cstring>
#include <optional>

#include "dataplane/api/observation_log.h"
#include "relay/rtp/byte_order.h"
#include "tests/unit/dataplane/worker/srtp_peer.h"

namespace strata::dataplane {
namespace {

using api::Fate;
using api::ObservedDirection;
using api::ObservedFate;
using api::RxDrop;
using api::TxDrop;

constexpr std::uint32_t kSsrc = 1111;

struct Seen {
    api::ObservedHead head;
    std::vector<std::uint8_t> tail;
    bool dropped_for(RxDrop reason) const {
        return head.fate.fate == ObservedFate::dropped &&
               head.fate.reason == static_cast<std::uint8_t>(reason);
    }
    Packet bytes() const { return {tail.begin(), tail.begin() + head.captured_bytes}; }
};

// Outlives the worker.
struct Logs {
    api::ObservationSegment segment =
        api::ObservationSegment::create("", {.workers = 1, .log_bytes = 1 << 20}).value();
    api::ObservationLog log = segment.log(0);
    api::ObservationReader reader = api::ObservationReader::of(segment).value();
};

// A relay that can be looked at.
struct ObservedRelay : Logs, Relay {
    explicit ObservedRelay(const WorkerConfig& config = {}) : Relay(config) {
        state->keep_observations({&log});
    }

    // Publisher 10.0.0.2 (transport 1, room "demo") with an audio track 2; receivers 10.0.0.11 and
    // up are transports 100, 102, … with subscriptions 101, 103, ….
    void audio_room(int receivers) {
        in_room(1, 2, "demo");
        ASSERT_EQ(track(2, 1, "opus", {kSsrc}), "");
        for (int i = 0; i < receivers; ++i) {
            const auto id = static_cast<std::uint64_t>(100 + 2 * i);
            in_room(id, static_cast<std::uint8_t>(11 + i), "demo");
            ASSERT_EQ(subscription(id + 1, 2, id, 7000 + static_cast<std::uint32_t>(i)), "");
        }
    }
    void in_room(std::uint64_t id, std::uint8_t last_byte, const char* room) {
        api::Object object = transport_object(id, last_byte);
        object.mutable_transport()->set_room(room);
        ASSERT_EQ(put(object), "");
    }

    api::Observation& add() {
        api::Observation& o = *wanted.add_items();
        o.set_slot(static_cast<std::uint32_t>(wanted.items_size() - 1));
        o.set_id(static_cast<std::uint64_t>(wanted.items_size()));
        o.set_in(true);
        o.set_out(true);
        return o;
    }
    void observe() {
        state->observe(wanted);
        turn();
    }
    void send(std::uint16_t sequence) {
        receive(Relay::peer(2), rtp({.ssrc = kSsrc,
                                     .sequence = sequence,
                                     .timestamp = sequence * 960u,
                                     .extensions = {{13, "xyz"}}}));
    }
    std::vector<Seen> seen() {
        std::vector<Seen> out;
        while (const api::ObservedHead* head = reader.next(0))
            out.push_back({*head, {reader.tail().begin(), reader.tail().end()}});
        return out;
    }

    api::Observations wanted;
};

TEST(WorkerObserve, AParticipantsPacketsAreSeenWithTheirFate) {
    ObservedRelay relay;
    relay.audio_room(2);
    relay.send(1);
    relay.add().set_transport(1);
    relay.observe();
    relay.send(2);
    relay.send(2);
    auto seen = relay.seen();
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_EQ(seen[0].head.direction, ObservedDirection::in);
    EXPECT_EQ(seen[0].head.transport, 1u);
    EXPECT_EQ(seen[0].head.track, 2u);
    EXPECT_EQ(seen[0].head.ssrc, kSsrc);
    EXPECT_EQ(seen[0].head.remote_port, 5000);
    EXPECT_EQ(seen[0].head.fate.fate, ObservedFate::forwarded);
    EXPECT_EQ(seen[0].head.fate.count, 2u);
    EXPECT_TRUE(seen[1].dropped_for(RxDrop::duplicate));
    // The header and its extension, none of the 100 bytes behind them.
    EXPECT_EQ(seen[0].head.wire_bytes, 120);
    ASSERT_EQ(seen[0].head.captured_bytes, 20);
    EXPECT_EQ(relay::load_be16(&seen[0].tail[2]), 2);
    EXPECT_EQ(relay[api::WorkerCounter::observed], 2u);

    relay.wanted.Clear();
    relay.observe();
    relay.send(3);
    EXPECT_TRUE(relay.seen().empty());
    relay.expect_equations();
}

TEST(WorkerObserve, WhatAReceiverIsSentIsWhatIsShown) {
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
TEST(WorkerObserve, LookingChangesNothing) {
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

TEST(WorkerObserve, ByTrackByRoomAndByBoth) {
    ObservedRelay relay;
    relay.audio_room(1);
    relay.in_room(50, 3, "other");
    ASSERT_EQ(relay.track(51, 50, "opus", {5'555}), "");
    relay.add().set_room("demo");
    relay.add().set_track(51);
    api::Observation& neither = relay.add();
    neither.set_room("demo");
    neither.set_track(51);
    relay.observe();
    relay.send(1);
    relay.receive(Relay::peer(3), rtp({.ssrc = 5'555}));
    const auto seen = relay.seen();
    ASSERT_EQ(seen.size(), 3u);  // demo's in and out, the other track in
    EXPECT_EQ(seen[0].head.observation, 1u);
    EXPECT_EQ(seen[0].head.direction, ObservedDirection::out);
    EXPECT_EQ(seen[1].head.observation, 1u);
    EXPECT_EQ(seen[1].head.direction, ObservedDirection::in);
    EXPECT_EQ(seen[2].head.observation, 2u);
    EXPECT_TRUE(seen[2].dropped_for(RxDrop::no_receiver));
}

TEST(WorkerObserve, WhoComesLaterIsSeenFromItsFirstPacket) {
    ObservedRelay relay;
    relay.add().set_room("demo");
    relay.observe();
    relay.audio_room(2);
    relay.send(1);
    EXPECT_EQ(relay.seen().size(), 3u);
    relay.remove(api::SUBSCRIPTION, 101);
    relay.send(2);
    EXPECT_EQ(relay.seen().size(), 2u);
    relay.remove(api::TRANSPORT, 1);
    relay.send(3);
    EXPECT_TRUE(relay.seen().empty());
}

// The packet that fixes an address is the first one of a peer whose room is looked at.
TEST(WorkerObserve, ALatchingPacketIsSeen) {
    ObservedRelay relay;
    relay.add().set_room("demo");
    relay.add().set_transport(1);
    relay.observe();
    relay.in_room(1, 0, "demo");
    ASSERT_EQ(relay.track(2, 1, "opus", {kSsrc}), "");
    relay.send(1);
    const auto seen = relay.seen();
    ASSERT_EQ(seen.size(), 2u);
    for (const Seen& s : seen) {
        EXPECT_EQ(s.head.transport, 1u);
        EXPECT_EQ(s.head.track, 2u);
        EXPECT_TRUE(s.dropped_for(RxDrop::no_receiver));
        EXPECT_EQ(s.head.captured_bytes, 20);
    }
}

TEST(WorkerObserve, ByDropReason) {
    ObservedRelay relay;
    relay.audio_room(1);
    relay.add().add_drops("duplicate");
    relay.add().add_drops("unknown_transport");
    relay.add().add_drops("*");
    relay.observe();
    relay.send(1);
    relay.send(1);
    relay.receive(Relay::peer(99), rtp({.ssrc = 3}));
    relay.receive(Relay::peer(2), Packet(20, 0xff));  // not_ours
    const auto seen = relay.seen();
    std::map<std::uint64_t, std::vector<RxDrop>> by;
    for (const Seen& s : seen)
        by[s.head.observation].push_back(static_cast<RxDrop>(s.head.fate.reason));
    EXPECT_EQ(by[1], std::vector{RxDrop::duplicate});
    EXPECT_EQ(by[2], std::vector{RxDrop::unknown_transport});
    EXPECT_EQ(by[3], (std::vector{RxDrop::duplicate, RxDrop::unknown_transport, RxDrop::not_ours}));
}

TEST(WorkerObserve, AnOutputThatFindsTheQueueFullIsNamed) {
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

TEST(WorkerObserve, SampledAndBounded) {
    ObservedRelay relay;
    relay.audio_room(1);
    api::Observation& sampled = relay.add();
    sampled.set_transport(1);
    sampled.set_sample(10);
    api::Observation& few = relay.add();
    few.set_transport(1);
    few.set_packets(3);
    api::Observation& small = relay.add();
    small.set_transport(1);
    small.set_bytes(50);  // of 20 each, and the one beyond
    api::Observation& brief = relay.add();
    brief.set_transport(1);
    brief.set_duration_us(4'500);
    relay.observe();
    std::map<std::uint64_t, int> count;
    for (std::uint16_t i = 0; i < 95; ++i) {
        relay.send(i);
        relay.now += 1'000;
    }
    for (const Seen& s : relay.seen()) ++count[s.head.observation];
    EXPECT_EQ(count[1], 10);
    EXPECT_EQ(count[2], 3);
    EXPECT_EQ(count[3], 3);
    EXPECT_GE(count[4], 3);
    EXPECT_LE(count[4], 5);

    // Another one beside them: those that had come to their end stay there.
    relay.add().set_transport(1);
    relay.observe();
    relay.send(96);
    std::map<std::uint64_t, int> later;
    for (const Seen& s : relay.seen()) ++later[s.head.observation];
    EXPECT_EQ(later[2] + later[3] + later[4], 0);
    EXPECT_EQ(later[5], 1);
}

TEST(WorkerObserve, ATraceTellsOfGroupsAndOutputs) {
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

TEST(WorkerObserve, SrtpIsShownDecryptedAndWhatFailsIsNamed) {
    const auto profile = relay::SrtpProfile::aead_aes_128_gcm;
    SrtpPeer publisher(profile, 10), receiver(profile, 50);
    ObservedRelay relay;
    ASSERT_EQ(relay.put(secure_transport_object(1, 2, publisher.security)), "");
    ASSERT_EQ(relay.track(2, 1, "opus", {kSsrc}), "");
    ASSERT_EQ(relay.put(secure_transport_object(3, 11, receiver.security)), "");
    ASSERT_EQ(relay.subscription(4, 2, 3, 7'000), "");
    relay.add().set_snap_bytes(2'048);
    relay.observe();
    const Packet plain = rtp({.ssrc = kSsrc, .sequence = 7, .payload = Packet(80, 0x31)});
    relay.receive(Relay::peer(2), publisher.protect(plain));
    Packet forged = publisher.protect(rtp({.ssrc = kSsrc, .sequence = 8}));
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

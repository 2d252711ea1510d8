#include <cstring>
#include <map>

#include "relay/rtp/byte_order.h"
#include "tests/unit/dataplane/worker/observed_relay.h"

// Whose packets captures and traces are given, and which of them.
namespace strata::dataplane {
namespace {

using api::ObservedDirection;
using api::ObservedFate;
using api::RxDrop;

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
    EXPECT_EQ(seen[0].head.ssrc, ObservedRelay::kSsrc);
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
    ASSERT_EQ(relay.track(2, 1, "opus", {ObservedRelay::kSsrc}), "");
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

TEST(WorkerObserve, StrangersDontChangeWhoseTurnItIs) {
    ObservedRelay relay;
    relay.audio_room(1);
    api::Observation& sampled = relay.add();
    sampled.set_transport(1);
    sampled.set_sample(10);
    sampled.set_out(false);
    relay.observe();
    for (std::uint16_t i = 0; i < 100; ++i) {
        relay.send(i);
        relay.receive(Relay::peer(99), rtp({.ssrc = 4711, .sequence = i}));
    }
    EXPECT_EQ(relay.seen().size(), 10u);
    EXPECT_EQ(relay[RxDrop::unknown_transport], 100u);
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

// Packets of frames that nobody wants are captured up to their payload like any others, though only
// the first ones are parsed; a trace of them is told what each group did.
TEST(WorkerObserve, WhatIsPassedOverIsSeenAsAnyOther) {
    constexpr std::uint8_t kMedia = 96;
    constexpr int kFrames = 12, kPackets = 3;
    ObservedRelay relay;
    relay.in_room(1, 2, "demo");
    ASSERT_EQ(relay.put(track_object(2, 1, "VP8", {ObservedRelay::kSsrc}, kMedia)), "");
    relay.in_room(100, 11, "demo");
    api::Object lower = subscription_object(101, 2, 100, 7000, kMedia);
    lower.mutable_subscription()->mutable_target()->set_temporal(0);
    ASSERT_EQ(relay.put(lower), "");
    relay.add().set_track(2);
    Packet last;
    const auto send = [&] {
        static std::uint16_t sequence = 0, frame = 0;
        for (int i = 0; i < kFrames; ++i, ++frame)
            for (int part = 0; part < kPackets; ++part) {
                const bool upper = frame % 2 == 1;
                Packet payload(200, 0x55);
                payload[0] = static_cast<std::uint8_t>(0x80 | (part == 0 ? 0x10 : 0));
                payload[1] = 0xe0;  // RFC 7741: I, L, T
                relay::store_be16(&payload[2], static_cast<std::uint16_t>(0x8000 | frame));
                payload[4] = static_cast<std::uint8_t>(frame / 2);
                payload[5] = upper ? 0x40 : 0x00;
                payload[6] = frame == 0 ? 0x10 : 0x11;
                last = rtp({.ssrc = ObservedRelay::kSsrc,
                            .sequence = sequence++,
                            .timestamp = frame * 3'000u,
                            .payload_type = kMedia,
                            .marker = part + 1 == kPackets,
                            .payload = payload});
                relay.receive(Relay::peer(2), last);
            }
    };
    relay.observe();
    send();
    int unwanted = 0;
    for (const Seen& seen : relay.seen()) {
        if (seen.head.direction != ObservedDirection::in) continue;
        EXPECT_EQ(seen.head.captured_bytes, 12 + 6);
        EXPECT_EQ(seen.head.wire_bytes, 212);
        unwanted += seen.dropped_for(RxDrop::layer_not_wanted) ? 1 : 0;
    }
    EXPECT_EQ(unwanted, kFrames / 2 * kPackets);

    relay.wanted.Clear();
    relay.observe();
    api::Observation& trace = relay.add();
    trace.set_track(2);
    trace.set_trace(true);
    relay.observe();
    send();
    unwanted = 0;
    for (const Seen& seen : relay.seen()) {
        if (!seen.dropped_for(RxDrop::layer_not_wanted)) continue;
        ++unwanted;
        api::TracedPacket packet;
        ASSERT_GE(seen.tail.size(), sizeof packet);
        std::memcpy(&packet, seen.tail.data(), sizeof packet);
        EXPECT_TRUE(packet.parsed);
        EXPECT_EQ(packet.groups, 1);
        EXPECT_EQ(packet.temporal, 1);
    }
    EXPECT_EQ(unwanted, kFrames / 2 * kPackets);

    // Traced, the last packet of a frame went the usual way: it isn't expected once more.
    relay.wanted.Clear();
    relay.observe();
    relay.receive(Relay::peer(2), last);
    EXPECT_EQ(relay[RxDrop::duplicate], 1u);
    relay.expect_equations();
}

}  // namespace
}  // namespace strata::dataplane

#include "dataplane/worker/worker.h"

#include <random>

#include "relay/rtp/byte_order.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane::worker_test {
namespace {

using api::RxDrop;
using api::TxDrop;
using api::WorkerCounter;

constexpr std::uint32_t kSsrc = 1111;

// Publisher 10.0.0.2 with an audio track, receivers 10.0.0.11 and up.
void audio_room(Relay& relay, int receivers) {
    ASSERT_EQ(relay.transport(1, 2), "");
    ASSERT_EQ(relay.track(2, 1, "opus", {kSsrc}), "");
    for (int i = 0; i < receivers; ++i) {
        const auto id = static_cast<std::uint64_t>(100 + 2 * i);
        ASSERT_EQ(relay.transport(id, static_cast<std::uint8_t>(11 + i)), "");
        ASSERT_EQ(relay.subscription(id + 1, 2, id, 7000), "");
    }
}

TEST(Worker, ForwardsToEachReceiverWithItsOwnSsrc) {
    Relay relay;
    audio_room(relay, 2);
    relay.receive(Relay::peer(2), rtp({.ssrc = kSsrc, .sequence = 7}));
    for (const std::uint8_t receiver : {std::uint8_t{11}, std::uint8_t{12}}) {
        const auto got = relay.media_to(Relay::peer(receiver));
        ASSERT_EQ(got.size(), 1u);
        EXPECT_EQ(relay::load_be32(&got[0].packet[8]), 7000u);
        EXPECT_EQ(got[0].packet.size(), 112u);
        EXPECT_EQ(got[0].packet.back(), 0x55);
    }
    EXPECT_EQ(relay[WorkerCounter::fanned_out], 1u);
    EXPECT_EQ(relay[WorkerCounter::sent], 2u);
    relay.expect_equations();
}

TEST(Worker, ThePacketInWorkIsKnown) {
    struct Witness : MemoryPort::Sink {
        void on_packet(const FlowKey&, std::span<const std::uint8_t>) override {
            const rte_mbuf* packet = worker->packet_in_work();
            ASSERT_NE(packet, nullptr);
            // Its header has been taken off by now.
            const auto* header = rte_pktmbuf_mtod_offset(packet, const std::uint8_t*, -12);
            EXPECT_EQ(header[3], 7);  // sequence number
            EXPECT_EQ(describe(worker->step_in_work()), "receiving from port 0");
            ++seen;
        }
        const Worker* worker = nullptr;
        int seen = 0;
    };
    Relay relay;
    audio_room(relay, 20);  // enough to be sent at once
    Witness witness;
    witness.worker = relay.worker.get();
    relay.port.set_sink(&witness);
    EXPECT_EQ(relay.worker->packet_in_work(), nullptr);
    relay.receive(Relay::peer(2), rtp({.ssrc = kSsrc, .sequence = 7}));
    EXPECT_EQ(witness.seen, 20);
    EXPECT_EQ(relay.worker->packet_in_work(), nullptr);
    EXPECT_EQ(describe(relay.worker->step_in_work()), "between turns");
}

TEST(Worker, TheStepInWorkIsKnown) {
    struct Witness : MemoryPort::Sink {
        void on_packet(const FlowKey&, std::span<const std::uint8_t>) override {
            steps.push_back(describe(worker->step_in_work()));
        }
        const Worker* worker = nullptr;
        std::vector<std::string> steps;
    };
    Relay relay;
    audio_room(relay, 1);  // what goes to so few waits for the end of the turn
    Witness witness;
    witness.worker = relay.worker.get();
    relay.port.set_sink(&witness);
    relay.receive(Relay::peer(2), rtp({.ssrc = kSsrc, .sequence = 7}));
    EXPECT_EQ(witness.steps, std::vector<std::string>{"sending to port 0"});
    EXPECT_EQ(
        describe({WorkStep::Kind::command, static_cast<std::uint8_t>(Command::Kind::set_marks)}),
        "command set_marks");
    EXPECT_EQ(describe({WorkStep::Kind::timer, static_cast<std::uint8_t>(TimerKind::ice)}),
              "timer of a transport's connectivity checks");
}

TEST(Worker, EveryKindOfInputEndsInOneCounter) {
    Relay relay;
    audio_room(relay, 1);
    const auto dropped = [&](const Endpoint& from, const Packet& packet, RxDrop reason) {
        const std::uint64_t before = relay[reason];
        relay.receive(from, packet);
        EXPECT_EQ(relay[reason], before + 1) << name(reason);
    };
    const Endpoint publisher = Relay::peer(2);
    dropped(publisher, {}, RxDrop::empty);
    dropped(publisher, Packet(20, 0xff), RxDrop::not_ours);
    dropped(publisher, Packet(20, 0), RxDrop::stun_malformed);
    dropped(publisher, Packet(20, 22), RxDrop::dtls_refused);
    dropped(Relay::peer(99), rtp({.ssrc = kSsrc}), RxDrop::unknown_transport);
    dropped(publisher, {0x80, 111, 0, 1}, RxDrop::malformed_rtp);
    dropped(publisher, rtp({.ssrc = 5, .payload_type = 100}), RxDrop::unknown_ssrc);
    dropped(publisher, rtp({.ssrc = kSsrc, .payload_type = 100}), RxDrop::unknown_payload_type);
    dropped(publisher, {0x80, 200}, RxDrop::malformed_rtcp);
    Packet overrun = rtp({.ssrc = kSsrc});
    overrun[0] = 0x9f;  // an extension and 15 CSRCs that aren't there
    overrun.resize(20);
    dropped(publisher, overrun, RxDrop::malformed_rtp);
    relay.receive(publisher, rtp({.ssrc = kSsrc, .sequence = 50}));
    dropped(publisher, rtp({.ssrc = kSsrc, .sequence = 50}), RxDrop::duplicate);
    relay.expect_equations();
}

TEST(Worker, UnknownExtensionsAreCountedAndStayHere) {  // C37
    Relay relay;
    audio_room(relay, 1);
    relay.receive(Relay::peer(2), rtp({.ssrc = kSsrc, .extensions = {{13, "xyz"}, {12, "q"}}}));
    EXPECT_EQ(relay[WorkerCounter::extensions_ignored], 2u);
    EXPECT_EQ(relay[WorkerCounter::fanned_out], 1u);
    const auto got = relay.media_to(Relay::peer(11));
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].packet.size(), 112u);
    relay.expect_equations();
}

TEST(Worker, ATrackWithoutReceiversCostsADrop) {
    Relay relay;
    audio_room(relay, 0);
    relay.receive(Relay::peer(2), rtp({.ssrc = kSsrc}));
    EXPECT_EQ(relay[RxDrop::no_receiver], 1u);
    relay.expect_equations();
}

TEST(Worker, EquationsHoldForGarbage) {
    Relay relay;
    audio_room(relay, 3);
    std::mt19937 random(4711);
    std::uint16_t sequence = 0;
    for (int i = 0; i < 5'000; ++i) {
        Packet packet = rtp({.ssrc = kSsrc, .sequence = ++sequence});
        const unsigned flips = random() % 4;
        for (unsigned f = 0; f < flips; ++f)
            packet[random() % packet.size()] = static_cast<std::uint8_t>(random());
        if (random() % 8 == 0) packet.resize(random() % packet.size());
        if (random() % 16 == 0)
            for (auto& byte : packet) byte = static_cast<std::uint8_t>(random());
        relay.now += random() % 2000;
        relay.receive(Relay::peer(random() % 5 == 0 ? 11 : 2), packet);
    }
    relay.expect_equations();
    EXPECT_GT(relay[WorkerCounter::fanned_out], 1'000u);
}

TEST(Worker, EquationsHoldWhenThePortTakesNoMore) {
    WorkerConfig config;
    config.fan_out.tx_queue.packets = 64;
    config.fan_out.tx_queue.max_wait_us = 5'000;
    Relay relay(config);
    audio_room(relay, 4);
    relay.port.set_tx_limit(0);
    for (std::uint16_t i = 0; i < 100; ++i) {
        relay.receive(Relay::peer(2), rtp({.ssrc = kSsrc, .sequence = i}));
        relay.expect_equations();
    }
    EXPECT_GT(relay[TxDrop::tx_full], 0u);
    EXPECT_EQ(relay[WorkerCounter::queued], 64u);
    relay.pass(10'000);
    EXPECT_GT(relay[TxDrop::tx_late], 0u);
    EXPECT_EQ(relay[WorkerCounter::queued], 0u);
    relay.expect_equations();

    relay.port.set_tx_limit(~0u);
    const std::uint64_t before = relay[WorkerCounter::sent];
    relay.receive(Relay::peer(2), rtp({.ssrc = kSsrc, .sequence = 100}));
    EXPECT_EQ(relay[WorkerCounter::sent], before + 4);
    relay.expect_equations();
}

TEST(Worker, RemovedObjectsComeBackAndTheirPacketsAreDropped) {
    Relay relay;
    audio_room(relay, 1);
    relay.receive(Relay::peer(2), rtp({.ssrc = kSsrc, .sequence = 1}));
    relay.remove(api::SUBSCRIPTION, 101);
    relay.receive(Relay::peer(2), rtp({.ssrc = kSsrc, .sequence = 2}));
    EXPECT_EQ(relay[RxDrop::no_receiver], 1u);
    relay.remove(api::TRANSPORT, 1);  // and its track with it
    relay.receive(Relay::peer(2), rtp({.ssrc = kSsrc, .sequence = 3}));
    EXPECT_EQ(relay[RxDrop::unknown_transport], 1u);
    EXPECT_EQ(relay.state->tracks(), 0u);
    relay.expect_equations();
}

TEST(Worker, ATrackGrowsUnderItsReceivers) {
    Relay relay;
    audio_room(relay, 40);  // more than a track begins with
    relay.receive(Relay::peer(2), rtp({.ssrc = kSsrc}));
    EXPECT_EQ(relay[WorkerCounter::sent], 40u);
    relay.expect_equations();
}

TEST(Worker, AnAddressThatChangesTakesItsReceiversAlong) {
    Relay relay;
    audio_room(relay, 1);
    relay.receive(Relay::peer(2), rtp({.ssrc = kSsrc, .sequence = 1}));
    ASSERT_EQ(relay.transport(100, 77), "");
    relay.receive(Relay::peer(2), rtp({.ssrc = kSsrc, .sequence = 2}));
    EXPECT_EQ(relay.media_to(Relay::peer(11)).size(), 1u);
    EXPECT_EQ(relay.media_to(Relay::peer(77)).size(), 1u);
}

TEST(Worker, StatisticsOfObjectsArePublished) {
    Relay relay;
    audio_room(relay, 1);
    for (std::uint16_t i = 0; i < 10; ++i)
        relay.receive(Relay::peer(2), rtp({.ssrc = kSsrc, .sequence = i}));
    relay.pass(1'100'000);
    using api::ObjectValue;
    using api::StatisticsKind;
    EXPECT_EQ(relay.value(StatisticsKind::subscription, 101, ObjectValue::packets), 10u);
    EXPECT_EQ(relay.value(StatisticsKind::subscription, 101, ObjectValue::forwarding), 1u);
    EXPECT_EQ(relay.value(StatisticsKind::track, 2, ObjectValue::packets), 10u);
    EXPECT_EQ(relay.value(StatisticsKind::track, 2, ObjectValue::receivers), 1u);
    EXPECT_EQ(relay.value(StatisticsKind::encoding, 2, ObjectValue::ssrc), kSsrc);
    EXPECT_EQ(relay.value(StatisticsKind::transport, 1, ObjectValue::packets), 10u);
}

}  // namespace
}  // namespace strata::dataplane::worker_test

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "dataplane/port/port.h"
#include "relay/rtp/byte_order.h"
#include "tests/unit/dataplane/port/steering_fixture.h"
#include "tests/unit/dataplane/worker/observed_relay.h"

// Captures by drop reason of what is dropped only after its turn, or by the port.
namespace strata::dataplane::worker_late_drops_test {
namespace {

using api::ObservedFate;
using api::TxDrop;

// Sequence numbers of what observation `id` was told of, all of it dropped for `reason`.
std::vector<std::uint16_t> dropped_for(const std::vector<Seen>& seen, TxDrop reason,
                                       std::uint64_t id = 1) {
    std::vector<std::uint16_t> numbers;
    for (const Seen& s : seen) {
        if (s.head.observation != id) continue;
        EXPECT_EQ(s.head.fate.fate, ObservedFate::tx_dropped);
        EXPECT_EQ(s.head.fate.reason, static_cast<std::uint8_t>(reason));
        EXPECT_EQ(s.head.direction, api::ObservedDirection::out);
        numbers.push_back(relay::load_be16(&s.tail[2]));
    }
    return numbers;
}

struct LateDrops : testing::Test {
    static WorkerConfig config() {
        WorkerConfig config;
        config.fan_out.tx_queue.max_wait_us = 5'000;
        return config;
    }
    LateDrops() : relay_(config()) {
        relay_.audio_room(3);
        api::Observation& late = relay_.add();
        late.set_transport(102);
        late.set_in(false);
        late.add_drops("tx_late");
    }
    ObservedRelay relay_;
};

TEST_F(LateDrops, WhatWaitsTooLongIsShownOnceItIsDropped) {
    relay_.add().set_transport(102);
    relay_.observe();
    relay_.send(1);
    relay_.port.set_tx_limit(0);
    for (std::uint16_t i = 2; i <= 5; ++i) relay_.send(i);
    EXPECT_EQ(dropped_for(relay_.seen(), TxDrop::tx_late).size(), 0u) << "they still wait";
    relay_.pass(10'000);
    const auto late = dropped_for(relay_.seen(), TxDrop::tx_late);
    ASSERT_EQ(late.size(), 4u);
    for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(late[i], late[0] + i);
    EXPECT_EQ(relay_[TxDrop::tx_late], 3u * 4u) << "the others' are no affair of the capture";
    relay_.expect_equations();
}

TEST_F(LateDrops, WhatLeavesInTimeIsNot) {
    relay_.observe();
    relay_.port.set_tx_limit(0);
    for (std::uint16_t i = 1; i <= 3; ++i) relay_.send(i);
    relay_.pass(2'000);
    relay_.port.set_tx_limit(UINT32_MAX);
    relay_.pass(10'000);
    EXPECT_TRUE(relay_.seen().empty());
    EXPECT_EQ(relay_.media_to(Relay::peer(12)).size(), 3u);
    EXPECT_EQ(relay_[TxDrop::tx_late], 0u);
}

// More than are followed at once: some are left out, nothing else happens.
TEST_F(LateDrops, AreFollowedWithinABound) {
    relay_.wanted.mutable_items(0)->clear_transport();
    relay_.observe();
    relay_.port.set_tx_limit(0);
    for (std::uint16_t i = 1; i <= 150; ++i)
        relay_.port.push(Relay::flow(Relay::peer(2)),
                         rtp({.ssrc = ObservedRelay::kSsrc, .sequence = i}));
    for (int i = 0; i < 4; ++i) relay_.worker->turn(relay_.now, 128);
    relay_.pass(10'000);
    EXPECT_EQ(dropped_for(relay_.seen(), TxDrop::tx_late).size(), 256u);
    EXPECT_EQ(relay_[TxDrop::tx_late], 3u * 150u);
    relay_.expect_equations();
}

// A worker behind a device that is a host on a wire on which nobody answers. Publisher 10.0.0.2,
// receivers 10.0.0.11 and 10.0.0.12.
struct DeviceDrops : Logs, testing::Test {
    explicit DeviceDrops(std::uint32_t held_packets = 64) {
        port_ = open_port("net_ring41;address=10.0.0.1/24;mac=02:00:00:00:00:11",
                          {.base_udp_port = 4000,
                           .rx_ring = 256,
                           .tx_ring = 256,
                           .held_packets = held_packets,
                           .hold_us = 10'000})
                    .value();
        EXPECT_TRUE(port_->start(*pools_));
        worker_ = std::make_unique<Worker>(WorkerConfig{}, std::vector<Port*>{port_.get()}, *pools_,
                                           statistics_.worker(0), now_);
        const Home home{.local = port_->local_endpoint(0), .addresses = port_->addresses()};
        state_ = std::make_unique<DesiredState>(StateLimits{}, std::vector{worker_.get()},
                                                std::vector{home}, statistics_,
                                                [n = 1u]() mutable { return n += 1000; });
        state_->keep_observations({&log});
    }
    ~DeviceDrops() override {
        state_->retain({});
        for (int i = 0; i < 1000 && state_->pump(); ++i) worker_->turn(now_, 32);
        state_->pump();
        worker_.reset();
        port_.reset();
        EXPECT_TRUE(pools_.idle());
    }

    void turn() {
        state_->pump();
        worker_->turn(now_, 32);
        state_->pump();
    }
    void pass(relay::TimeUs us) {
        for (const relay::TimeUs end = now_ + us; now_ < end;) {
            now_ += 1'000;
            turn();
        }
    }
    void room_and_capture(const char* reason) {
        put(transport_object(1, 2));
        put(track_object(2, 1, "opus", {ObservedRelay::kSsrc}, 111));
        put(transport_object(11, 11));
        put(subscription_object(21, 2, 11, 7'000, 111));
        put(transport_object(12, 12));
        put(subscription_object(22, 2, 12, 7'001, 111));
        api::Observations wanted;
        api::Observation& o = add_observation(wanted);
        o.set_transport(11);
        o.set_in(false);
        o.add_drops(reason);
        state_->observe(wanted);
        turn();
    }
    void put(const api::Object& object) {
        EXPECT_FALSE(state_->put(object));
        turn();
    }
    // A packet of the publisher's, from the wire.
    void send(std::uint16_t sequence, std::size_t payload_bytes = 100) {
        const Packet media = rtp({.ssrc = ObservedRelay::kSsrc,
                                  .sequence = sequence,
                                  .payload = Packet(payload_bytes, 0x55)});
        std::vector<std::uint8_t> udp(8);
        net::put_be16(&udp[0], 5'000);
        net::put_be16(&udp[2], 4'000);
        net::put_be16(&udp[4], static_cast<std::uint16_t>(8 + media.size()));
        udp.insert(udp.end(), media.begin(), media.end());
        card_.bring(ethdev_steering_test::ip_frame({}, net::kProtocolUdp, udp), pools_->rx);
        turn();
    }
    std::vector<Seen> seen() {
        std::vector<Seen> out;
        while (const api::ObservedHead* head = reader.next(0))
            out.push_back({*head, {reader.tail().begin(), reader.tail().end()}});
        return out;
    }
    std::uint64_t operator[](TxDrop reason) { return statistics_.worker(0)[reason].get(); }
    std::uint64_t operator[](api::WorkerCounter c) { return statistics_.worker(0)[c].get(); }

    TestPools pools_;
    SteeringCard card_{"net_ring41", {.rx_queues = 1}};
    api::StatisticsSegment statistics_ =
        api::StatisticsSegment::create("", {.slots_per_worker = 256}).value();
    std::unique_ptr<Port> port_;
    std::unique_ptr<Worker> worker_;
    std::unique_ptr<DesiredState> state_;
    relay::TimeUs now_ = 1'000'000;
};

TEST_F(DeviceDrops, WhatWaitsInVainForItsNextHopIsShown) {
    room_and_capture("unresolved");
    for (std::uint16_t i = 1; i <= 5; ++i) send(i);
    EXPECT_TRUE(seen().empty()) << "they are held";
    pass(15'000);
    const auto numbers = dropped_for(seen(), TxDrop::unresolved);
    ASSERT_EQ(numbers.size(), 5u);
    for (std::size_t i = 1; i < 5; ++i) EXPECT_EQ(numbers[i], numbers[0] + i);
    EXPECT_GE((*this)[TxDrop::unresolved], 2u * 5u);
}

TEST_F(DeviceDrops, WhatIsHeldAndSentThenIsNot) {
    room_and_capture("unresolved");
    for (std::uint16_t i = 1; i <= 5; ++i) send(i);
    static_cast<EthdevPort&>(*port_).learn(*IpAddress::parse("10.0.0.11"), {2, 0, 0, 0, 0, 0x33},
                                           now_);
    pass(15'000);
    EXPECT_TRUE(seen().empty());
}

struct LittleHeld : DeviceDrops {
    LittleHeld() : DeviceDrops(2) {}
};
TEST_F(LittleHeld, WhatThereIsNoRoomToHoldIsShownAtOnce) {
    room_and_capture("unresolved");
    for (std::uint16_t i = 1; i <= 6; ++i) send(i);
    const auto numbers = dropped_for(seen(), TxDrop::unresolved);
    EXPECT_GE(numbers.size(), 4u);
    EXPECT_LE(numbers.size(), 6u);
}

// What a router has said of the way to one of them.
TEST_F(DeviceDrops, WhatIsTooLargeForItsPathIsShown) {
    const FlowKey flow{*IpAddress::parse("10.0.0.11"), kUs, 5'000, 4'000};
    Link link;
    ASSERT_EQ(port_->make_link(flow, link), LinkState::resolving);
    ASSERT_TRUE(port_->limit_path({flow, 600}, now_));
    room_and_capture("path_mtu");
    static_cast<EthdevPort&>(*port_).learn(flow.remote, {2, 0, 0, 0, 0, 0x33}, now_);
    send(1, 900);
    send(2, 100);
    send(3, 900);
    EXPECT_EQ(dropped_for(seen(), TxDrop::path_mtu).size(), 2u);
    turn();
    EXPECT_EQ((*this)[TxDrop::path_mtu], 2u);
    port_->release_link(link);
}

// A route that is withdrawn from one of them, and another that comes.
TEST_F(DeviceDrops, WhatNoRouteLeadsToIsDroppedAtOnceUntilOneDoes) {
    EthdevPort& port = static_cast<EthdevPort&>(*port_);
    const PortCounters& c = port.counters(0);
    room_and_capture("no_route");
    port.learn(*IpAddress::parse("10.0.0.11"), {2, 0, 0, 0, 0, 0x33}, now_);
    send(1);
    EXPECT_EQ((*this)[TxDrop::no_route], 0u);

    const auto follow = [&](std::vector<net::Route> routes) {
        port.use_routes(std::move(routes));
        for (int i = 0; i < 100; ++i) turn();  // it looks at a part of the table in each
    };
    const net::Prefix theirs{*IpAddress::parse("10.0.0.11"), 32};
    follow({{theirs, {}, true}});
    EXPECT_EQ((*this)[api::WorkerCounter::peers_without_route], 1u);
    const std::uint64_t held = c[PortCounter::hold_dropped] + port.held(0);
    send(2);
    send(3);
    EXPECT_EQ(dropped_for(seen(), TxDrop::no_route).size(), 2u);
    EXPECT_EQ((*this)[TxDrop::no_route], 2u);
    EXPECT_EQ(c[PortCounter::hold_no_route], 2u);
    // The other one's wait for its next hop as ever.
    EXPECT_EQ(c[PortCounter::hold_dropped] + port.held(0), held + 2);
    EXPECT_EQ((*this)[api::WorkerCounter::selected],
              (*this)[api::WorkerCounter::sent] + (*this)[api::WorkerCounter::queued] + 2);

    const std::uint64_t sent = c[PortCounter::tx_packets];
    follow({{theirs, *IpAddress::parse("10.0.0.9")}});
    port.learn(*IpAddress::parse("10.0.0.9"), {2, 0, 0, 0, 0, 0x99}, now_);
    EXPECT_EQ((*this)[api::WorkerCounter::peers_without_route], 0u);
    send(4);
    EXPECT_EQ(c[PortCounter::tx_packets], sent + 1);
    EXPECT_EQ((*this)[TxDrop::no_route], 2u);

    follow({{theirs, {}, true}});
    EXPECT_EQ((*this)[api::WorkerCounter::peers_without_route], 1u);
    state_->retain({});
    turn();
    EXPECT_EQ((*this)[api::WorkerCounter::peers_without_route], 0u) << "it has left";
}

}  // namespace
}  // namespace strata::dataplane::worker_late_drops_test

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/dataplane/port/steering_fixture.h"

// Packets come home whatever the card does, by the rings between workers.
namespace strata::dataplane::ethdev_steering_test {
namespace {

// Whatever the card does, by whatever it was to steer.
TEST_F(SteeringTest, WhatIsMisdirectedComesHomeByRings) {
    int n = 0;
    for (const int refuses : {0, ENOSYS}) {
        open_card("net_ring36" + std::to_string(n++),
                  {.refuses_rules = refuses, .errs = [](std::uint16_t q) {
                       return static_cast<std::uint16_t>((q + 1) % 3);
                   }});
        EXPECT_EQ(report().method, refuses != 0 ? Steering::rss : Steering::flow);
        expect_home();
        EXPECT_EQ(sum(PortCounter::rx_misdirected), 3u * 10u);
        EXPECT_EQ(sum(PortCounter::rx_handed_off), 3u * 10u);
        EXPECT_EQ(sum(PortCounter::rx_steered), 0u);
        expect_leak_free();
    }
}

// What isn't media is worker 0's, wherever it comes: it alone answers and counts.
TEST_F(SteeringTest, TheHostOnTheWireIsWorkerZero) {
    open_card("net_ring38", {});
    const std::uint64_t arp = port_->counters(0)[PortCounter::rx_arp];
    Frame truncated = datagram(kFirst + 2, 1), other_mac = datagram(kFirst + 2, 1);
    truncated.resize(30);
    other_mac[5] ^= 0xff;
    Frame bad_checksum = datagram(kFirst + 1, 1);
    bad_checksum[14 + 10] ^= 0xff;
    for (const Frame& frame : {arp_request(), echo_request(), fragment(kFirst + 1), truncated,
                               other_mac, bad_checksum, datagram(9, 1)})
        for (std::uint16_t queue = 0; queue < kWorkers; ++queue)
            card_->bring_to(queue, frame, pools_->rx);
    EXPECT_TRUE(turn(*port_, kWorkers).empty());
    const PortCounters& c = port_->counters(0);
    EXPECT_GE(c[PortCounter::arp_answered], 3u);
    EXPECT_GE(c[PortCounter::rx_arp], arp + 3u);
    EXPECT_EQ(c[PortCounter::icmp_answered], 3u);
    EXPECT_EQ(c[PortCounter::icmp_unreachable], 3u);
    EXPECT_EQ(c[PortCounter::rx_unknown_port], 3u);
    EXPECT_EQ(c[PortCounter::rx_fragment], 3u);
    EXPECT_EQ(c[PortCounter::rx_truncated], 3u);
    EXPECT_GE(c[PortCounter::rx_not_for_us], 3u);
    EXPECT_EQ(c[PortCounter::rx_bad_header], 3u);
    for (std::uint16_t q = 1; q < kWorkers; ++q) {
        EXPECT_EQ(port_->counters(q)[PortCounter::rx_handed_off], 7u);
        EXPECT_EQ(port_->counters(q).consumed(), 0u);
    }
    EXPECT_EQ(sum(PortCounter::rx_misdirected), 14u);
    expect_balance();
    expect_leak_free();
}

TEST_F(SteeringTest, FullRingsAreCounted) {
    open_card("net_ring39", {});
    for (std::uint32_t i = 0; i < 150; ++i) card_->bring_to(1, datagram(kFirst + 2, i), pools_->rx);
    std::array<rte_mbuf*, 32> burst;
    for (int i = 0; i < 8; ++i) EXPECT_EQ(port_->rx_burst(1, burst.data(), 32, now_), 0);
    const PortCounters& c = port_->counters(1);
    EXPECT_EQ(c[PortCounter::rx_handed_off], 63u);  // a ring of 64
    EXPECT_EQ(c[PortCounter::rx_handoff_full], 150u - 63u);
    EXPECT_EQ(c[PortCounter::rx_misdirected], 150u);
    EXPECT_EQ(turn(*port_, kWorkers).size(), 63u);
    expect_balance();
    expect_leak_free();
}

// A ring that never ends leaves the device's queue its half, and the other way round.
TEST_F(SteeringTest, RingsAndQueueTakeTurns) {
    open_card("net_ring40", {});
    for (std::uint32_t i = 0; i < 60; ++i) {
        card_->bring_to(1, datagram(kFirst + 2, i), pools_->rx);
        card_->bring_to(2, datagram(kFirst + 2, i), pools_->rx);
    }
    std::array<rte_mbuf*, 64> burst;
    EXPECT_EQ(port_->rx_burst(1, burst.data(), 64, now_), 0);
    ASSERT_EQ(port_->rx_burst(2, burst.data(), 32, now_), 32);
    EXPECT_EQ(port_->counters(2)[PortCounter::rx_steered], 16u);
    for (std::size_t i = 0; i < 32; ++i) rte_pktmbuf_free(burst[i]);
    turn(*port_, kWorkers);
    expect_leak_free();
}

// Frames of all kinds, whole and damaged, to queues by chance: each ends as it would on a port with
// one queue.
TEST_F(SteeringTest, ChanceDecidesNothing) {
    std::mt19937 random(11);
    std::vector<Frame> frames;
    const std::array<Frame, 5> kinds{arp_request(), echo_request(), fragment(kFirst),
                                     datagram(kFirst + 1, 0), datagram(9, 0)};
    for (std::uint32_t i = 0; i < 3'000; ++i) {
        Frame frame = random() % 2 != 0
                          ? datagram(static_cast<std::uint16_t>(kFirst + random() % kWorkers), i)
                          : kinds[random() % kinds.size()];
        if (random() % 4 == 0)
            frame[random() % frame.size()] ^= static_cast<std::uint8_t>(random());
        if (random() % 8 == 0) frame.resize(14 + random() % (frame.size() - 13));
        frames.push_back(std::move(frame));
    }
    using Outcome = std::multiset<std::pair<std::uint16_t, Frame>>;
    const auto outcome = [&](bool by_chance) {
        Outcome delivered;
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const auto queue = static_cast<std::uint16_t>(by_chance ? random() % kWorkers : 0);
            card_->bring_to(queue, frames[i], pools_->rx);
            if (i % 20 != 19) continue;
            queues_.clear();
            const auto payloads = turn(*port_, kWorkers);
            for (std::size_t k = 0; k < payloads.size(); ++k)
                delivered.emplace(queues_[k], payloads[k]);
        }
        expect_balance();
        EXPECT_EQ(sum(PortCounter::rx_handoff_full), 0u);
        return delivered;
    };
    const auto consumed = [&] {
        std::map<std::string_view, std::uint64_t> counts;
        for (auto c = static_cast<std::size_t>(kConsumedFirst);
             c <= static_cast<std::size_t>(kConsumedLast); ++c)
            counts[name(static_cast<PortCounter>(c))] = sum(static_cast<PortCounter>(c));
        // What we answer comes back on this device: it depends on the time.
        for (const char* own : {"rx_not_for_us", "rx_arp"}) counts.erase(own);
        return counts;
    };
    open_card("net_ring43", {}, ";steering=ring");
    const Outcome one_queue = outcome(false);
    const auto consumed_by_one = consumed();
    open_card("net_ring44", {}, ";steering=flow");
    EXPECT_EQ(outcome(true), one_queue);
    EXPECT_EQ(consumed(), consumed_by_one);
    EXPECT_GT(one_queue.size(), 1'000u);
    expect_leak_free();
}

}  // namespace
}  // namespace strata::dataplane::ethdev_steering_test

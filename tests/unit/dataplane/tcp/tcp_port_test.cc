#include "dataplane/tcp/tcp_port.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <cstring>
#include <vector>

#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane {
namespace {

constexpr std::uint32_t kConnections = 4, kRing = 8;
const Endpoint kPeer{IpAddress::v4({192, 0, 2, 1}), 5'000};

// The worker's end; the test is the thread that serves the connections.
class TcpPortTest : public testing::Test {
  protected:
    TcpPortTest() : port_({.workers = 2, .handoff_ring = kRing}, kConnections) {}
    ~TcpPortTest() override {
        rte_mbuf* m;
        for (std::uint16_t q = 0; q < 2; ++q)
            while (port_.lane(q).to_send.pop(m) || port_.lane(q).received.pop(m))
                rte_pktmbuf_free(m);
        EXPECT_TRUE(pools_.idle());
    }
    static FlowKey flow(TcpHandle handle) { return make_tcp_flow(kPeer, 443, handle); }
    LinkState link(TcpHandle handle) { return port_.make_link(flow(handle), link_); }
    rte_mbuf* packet(std::uint16_t bytes) {
        rte_mbuf* m = rte_pktmbuf_alloc(pools_->rx);
        std::memset(rte_pktmbuf_append(m, bytes), 0, bytes);
        return m;
    }
    static bool readable(int fd) {
        pollfd one{fd, POLLIN, 0};
        return ::poll(&one, 1, 0) == 1;
    }

    TestPools pools_;
    TcpPort port_;
    Link link_;
};

TEST_F(TcpPortTest, OnlyOpenConnectionsHaveLinks) {
    const TcpHandle first{.generation = 7, .index = 2};
    EXPECT_EQ(link(first), LinkState::refused);
    port_.set_open(first, 1);
    EXPECT_EQ(link(first), LinkState::ready);
    // An earlier and a later one at the same place, and places that there aren't.
    EXPECT_EQ(link({.generation = 6, .index = 2}), LinkState::refused);
    EXPECT_EQ(link({.generation = 8, .index = 2}), LinkState::refused);
    EXPECT_EQ(link({.generation = 7, .index = kConnections}), LinkState::refused);
    EXPECT_EQ(link({.generation = 7, .index = ~0u}), LinkState::refused);
    EXPECT_EQ(link({.generation = 0, .index = 0}), LinkState::refused);
    // Flows that are none of TCP.
    FlowKey udp = flow(first);
    udp.local = IpAddress::v4({10, 0, 0, 1});
    EXPECT_EQ(port_.make_link(udp, link_), LinkState::refused);
    port_.set_closed(first);
    EXPECT_EQ(link(first), LinkState::refused);
}

// Whatever its path takes, TCP cuts it up.
TEST_F(TcpPortTest, PathsDontLimitDatagrams) {
    const std::uint16_t most = port_.capabilities().max_datagram_bytes;
    EXPECT_EQ(port_.max_datagram_bytes(kPeer.address, 576), most);
}

TEST_F(TcpPortTest, TheLastLinkThatGoesLeavesTheConnectionUnclaimed) {
    const TcpHandle handle{.generation = 1, .index = 3};
    port_.set_open(handle, 1);
    EXPECT_FALSE(port_.lane(1).claimed(handle));
    ASSERT_EQ(link(handle), LinkState::ready);
    const Link first = link_;
    ASSERT_EQ(link(handle), LinkState::ready);
    EXPECT_TRUE(port_.lane(1).claimed(handle));
    EXPECT_FALSE(port_.lane(0).claimed(handle));
    port_.release_link(first);
    EXPECT_TRUE(port_.lane(1).claimed(handle));
    port_.release_link(link_);
    EXPECT_FALSE(port_.lane(1).claimed(handle));
}

// A link to a connection that ended is given back after another one has its place.
TEST_F(TcpPortTest, LinksOfAnEarlierConnectionDontUnclaimTheNext) {
    const TcpHandle before{.generation = 1, .index = 0}, after{.generation = 2, .index = 0};
    port_.set_open(before, 0);
    ASSERT_EQ(link(before), LinkState::ready);
    const Link old = link_;
    port_.set_closed(before);
    port_.set_open(after, 0);
    ASSERT_EQ(link(after), LinkState::ready);
    port_.release_link(old);
    EXPECT_TRUE(port_.lane(0).claimed(after));
    EXPECT_FALSE(port_.lane(0).claimed(before));
    // And where the next one belongs to another worker.
    port_.set_closed(after);
    const TcpHandle other{.generation = 3, .index = 0};
    port_.set_open(other, 1);
    const Link second = link_;
    ASSERT_EQ(link(other), LinkState::ready);
    port_.release_link(second);
    EXPECT_TRUE(port_.lane(1).claimed(other));
    EXPECT_FALSE(port_.lane(0).claimed(after));
}

TEST_F(TcpPortTest, WhatDoesntFitIntoTheRingStaysTheCallers) {
    std::vector<rte_mbuf*> packets;
    for (std::uint32_t i = 0; i < kRing + 3; ++i) packets.push_back(packet(sizeof(FlowKey) + 100));
    const TxResult sent =
        port_.tx_burst(0, packets.data(), static_cast<std::uint32_t>(packets.size()));
    EXPECT_EQ(sent.sent, kRing);
    EXPECT_EQ(sent.dropped, 0u);
    const PortCounters& counters = port_.counters(0);
    EXPECT_EQ(counters[PortCounter::tx_packets], kRing);
    EXPECT_EQ(counters[PortCounter::tx_bytes], kRing * 100u);
    EXPECT_EQ(counters[PortCounter::tx_short], 1u);
    EXPECT_TRUE(readable(port_.bell().fd()));
    // Full: nothing is taken and nobody is woken once more.
    port_.bell().answer();
    EXPECT_EQ(port_.tx_burst(0, packets.data() + kRing, 3).taken(), 0u);
    EXPECT_FALSE(readable(port_.bell().fd()));
    // The other worker's ring is its own.
    EXPECT_EQ(port_.tx_burst(1, packets.data() + kRing, 3).taken(), 3u);
    EXPECT_TRUE(readable(port_.bell().fd()));
}

TEST_F(TcpPortTest, ABurstTakesNoMoreThanItMay) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(port_.lane(1).received.push(packet(10)));
    port_.lane(1).worker_bell.ring();
    EXPECT_TRUE(readable(port_.wait_descriptor(1)));
    EXPECT_FALSE(readable(port_.wait_descriptor(0)));
    std::array<rte_mbuf*, 8> burst;
    EXPECT_EQ(port_.rx_burst(0, burst.data(), 8, 77), 0u);
    ASSERT_EQ(port_.rx_burst(1, burst.data(), 3, 77), 3u);
    EXPECT_EQ(meta(burst[0]).received_us, 77);
    EXPECT_EQ(meta(burst[0]).queue, 1u);
    EXPECT_FALSE(readable(port_.wait_descriptor(1)));
    ASSERT_EQ(port_.rx_burst(1, burst.data() + 3, 5, 78), 2u);
    EXPECT_EQ(port_.rx_burst(1, burst.data() + 5, 3, 79), 0u);
    EXPECT_EQ(port_.counters(1)[PortCounter::rx_delivered], 5u);
    EXPECT_EQ(port_.counters(1)[PortCounter::rx_bytes], 50u);
    for (int i = 0; i < 5; ++i) rte_pktmbuf_free(burst[static_cast<std::size_t>(i)]);
}

TEST_F(TcpPortTest, WhatIsInItsRingsIsFreedWithIt) {
    {
        TcpPort port({.handoff_ring = kRing}, 1);
        rte_mbuf* one = packet(sizeof(FlowKey) + 1);
        ASSERT_EQ(port.tx_burst(0, &one, 1).taken(), 1u);
        ASSERT_TRUE(port.lane(0).received.push(packet(1)));
    }
    EXPECT_TRUE(pools_.idle());
}

TEST_F(TcpPortTest, NewsAreTakenOneByOne) {
    const FlowKey ended = flow({.generation = 9, .index = 1});
    ASSERT_TRUE(port_.lane(1).closed.push(ended));
    ASSERT_TRUE(port_.lane(1).slow.push({ended, TxClass::base}));
    FlowKey closed;
    SlowPeer slow;
    EXPECT_FALSE(port_.next_closed(0, closed));
    EXPECT_TRUE(port_.next_closed(1, closed));
    EXPECT_EQ(closed, ended);
    EXPECT_FALSE(port_.next_closed(1, closed));
    EXPECT_TRUE(port_.next_slow(1, slow));
    EXPECT_FALSE(port_.next_slow(1, slow));
}

}  // namespace
}  // namespace strata::dataplane

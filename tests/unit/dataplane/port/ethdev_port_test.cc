#include "dataplane/port/ethdev_port.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/dataplane/port/ethdev_port_fixture.h"

namespace strata::dataplane {
namespace {

// net_ring gives back what was sent: we are our own neighbour, and everything is seen from both
// sides.
TEST_F(EthdevPortTest, RingResolvesHoldsAndDelivers) {
    reflects_ = true;
    auto port = open("net_ring0;address=10.0.0.1/24;mac=02:00:00:00:00:11");
    ASSERT_TRUE(port);
    {
        FanOut out(*port, 0, *pools_, {});
        fan_out(*port, out, kUs, 4000);
        EXPECT_EQ(port->held(0), 16u);
        EXPECT_EQ(out.queue().counters().held, 16u);
        const auto payloads = turn(*port);
        ASSERT_EQ(payloads.size(), 16u);
        EXPECT_EQ(payloads[15].size(), 1'012u);
        EXPECT_EQ(payloads[15][1'011], 0x5a);
        EXPECT_EQ(flows_[0], (FlowKey{kNeighbour, kUs, 4000, 4000}));
        const PortCounters& c = port->counters(0);
        EXPECT_EQ(c[PortCounter::hold_sent], 16u);
        EXPECT_EQ(c[PortCounter::rx_linearised], 18u);  // announcement and ARP request too
        EXPECT_EQ(c[PortCounter::arp_requests], 1u);
        EXPECT_EQ(c[PortCounter::arp_answered], 2u);
        expect_balance(c);
        EXPECT_EQ(port->held(0), 0u);
        fan_out(*port, out, kUs, 4000);  // resolved now: nothing is held
        EXPECT_EQ(out.queue().counters().sent, 16u);
        EXPECT_EQ(turn(*port).size(), 16u);
    }
    port.reset();
    EXPECT_TRUE(pools_.idle());
}

// The same with both families on one port: each packet comes from, and goes to, the address of its
// flow.
TEST_F(EthdevPortTest, RingDeliversToAddressesOfBothFamilies) {
    reflects_ = true;
    auto port = open(
        "net_ring8;address=10.0.0.1/24;address=fd00::1/64;address=192.168.7.1/24;"
        "mac=02:00:00:00:00:11");
    ASSERT_TRUE(port);
    EXPECT_EQ(port->addresses().all().size(), 3u);
    EXPECT_EQ(port->local_endpoint(0), (Endpoint{kUs, 4000}));
    EXPECT_EQ(port->capabilities().max_datagram_bytes, 1'500 - 28);
    EXPECT_EQ(port->max_datagram_bytes(kUs, 1'500), 1'500 - 28);
    EXPECT_EQ(port->max_datagram_bytes(*IpAddress::parse("fd00::2"), 1'500), 1'500 - 48);
    {
        FanOut out(*port, 0, *pools_, {});
        for (const net::Prefix& own : port->addresses().all()) {
            const std::size_t before = flows_.size();
            fan_out(*port, out, own.address, 4000);
            EXPECT_EQ(turn(*port).size(), 16u) << to_string(own.address);
            ASSERT_EQ(flows_.size(), before + 16);
            const IpAddress source = own.address.is_v4() ? kNeighbour : kNeighbourV6;
            EXPECT_EQ(flows_.back(), (FlowKey{source, own.address, 4000, 4000}));
        }
        const PortCounters& c = port->counters(0);
        EXPECT_EQ(c[PortCounter::tx_packets], 48u);
        EXPECT_EQ(c[PortCounter::tx_bytes], 48u * 1'012);  // UDP payload, whatever is in front
        EXPECT_EQ(c[PortCounter::rx_not_for_us], 1u);      // our own listener report
        EXPECT_EQ(c[PortCounter::rx_bad_header], 0u);
        expect_balance(c);
    }
    port.reset();
    EXPECT_TRUE(pools_.idle());
}

TEST_F(EthdevPortTest, UnansweredPacketsAreDroppedAfterAWhile) {
    auto port = open("net_ring1;address=10.0.0.1/24;mac=02:00:00:00:00:11", 1, 500'000);
    ASSERT_TRUE(port);
    FanOut out(*port, 0, *pools_, {});
    fan_out(*port, out, *IpAddress::parse("10.0.0.200"), 6000);
    turn(*port);
    EXPECT_EQ(port->held(0), 16u);
    now_ += 500'001;
    turn(*port);
    EXPECT_EQ(port->held(0), 0u);
    EXPECT_EQ(port->counters(0)[PortCounter::hold_dropped], 16u);
    expect_balance(port->counters(0));
}

TEST_F(EthdevPortTest, WorkersShareOneReceiveQueue) {
    reflects_ = true;
    auto port = open("net_ring2;address=10.0.0.1/24;mac=02:00:00:00:00:11", 2);
    ASSERT_TRUE(port);
    FanOut out(*port, 0, *pools_, {});
    fan_out(*port, out, kUs, 4001);
    const auto payloads = turn(*port, 2);
    ASSERT_EQ(payloads.size(), 16u);
    EXPECT_EQ(queues_, std::vector<std::uint16_t>(16, 1));
    EXPECT_EQ(port->counters(0)[PortCounter::rx_handed_off], 16u);
    EXPECT_EQ(port->counters(1)[PortCounter::rx_delivered], 16u);
}

TEST_F(EthdevPortTest, HandOffRingOverflowIsCounted) {
    reflects_ = true;
    auto port = open("net_ring3;address=10.0.0.1/24;mac=02:00:00:00:00:11", 2);
    ASSERT_TRUE(port);
    FanOut out(*port, 0, *pools_, {});
    fan_out(*port, out, kUs, 4001);
    turn(*port, 1);
    for (int i = 0; i < 5; ++i) fan_out(*port, out, kUs, 4001);
    turn(*port, 1);
    const PortCounters& c = port->counters(0);
    EXPECT_EQ(c[PortCounter::rx_handed_off], 63u);  // a ring of 64
    EXPECT_EQ(c[PortCounter::rx_handoff_full], 96u - 63u);
}

TEST_F(EthdevPortTest, NullTakesChains) {
    auto port = open("net_null0,no-rx=1;address=10.0.0.1/24;gateway=10.0.0.254");
    ASSERT_TRUE(port);
    EXPECT_TRUE(port->capabilities().chains);
    {
        FanOut out(*port, 0, *pools_, {});
        fan_out(*port, out, *IpAddress::parse("192.0.2.1"), 6000);
        EXPECT_EQ(port->held(0), 16u);  // nobody answers here
        EXPECT_EQ(out.counters().chained, 16u);
    }
    port.reset();
    EXPECT_TRUE(pools_.idle());
}

// Chains of two whose second part is shared, as a fan-out makes them: all are taken, and every part
// comes back to its pool.
TEST_F(EthdevPortTest, NullSendsChains) {
    auto port = open("net_null0,no-rx=1;address=10.0.0.1/24");
    ASSERT_TRUE(port);
    constexpr std::uint16_t kPackets = 48, kHeader = 54, kPayload = 1'000;
    rte_mbuf* payload = rte_pktmbuf_alloc(pools_->rx);
    ASSERT_NE(rte_pktmbuf_append(payload, kPayload), nullptr);
    std::vector<rte_mbuf*> packets(kPackets);
    for (rte_mbuf*& packet : packets) {
        packet = rte_pktmbuf_alloc(pools_->header);
        ASSERT_NE(rte_pktmbuf_append(packet, kHeader), nullptr);
        rte_mbuf* variant = rte_pktmbuf_alloc(pools_->indirect);
        rte_pktmbuf_attach(variant, payload);
        ASSERT_EQ(rte_pktmbuf_chain(packet, variant), 0);
    }
    rte_pktmbuf_free(payload);
    EXPECT_EQ(port->tx_burst(0, packets.data(), kPackets).sent, kPackets);
    EXPECT_EQ(port->counters(0)[PortCounter::tx_packets], kPackets);
    // UDP payload bytes: what is below has been taken off.
    EXPECT_EQ(port->counters(0)[PortCounter::tx_bytes],
              std::uint64_t{kPackets} * (kHeader + kPayload - net::kIpv4HeadBytes));
    EXPECT_EQ(port->counters(0)[PortCounter::tx_short], 0u);
    port.reset();
    EXPECT_TRUE(pools_.idle());
}

// What net_pcap writes is what the chain said; what it reads comes through the same parser.
TEST_F(EthdevPortTest, PcapWritesAndReadsWholeFrames) {
    const std::string base = testing::TempDir() + "strata-" + std::to_string(getpid());
    const std::string sent = base + "-tx.pcap", reply = base + "-rx.pcap";
    {
        auto port =
            open("net_pcap0,tx_pcap=" + sent + ";address=10.0.0.1/24;mac=02:00:00:00:00:11");
        ASSERT_TRUE(port);
        FanOut out(*port, 0, *pools_, {});
        // The neighbour is told to the table as a reply would.
        auto& ethdev = static_cast<EthdevPort&>(*port);
        fan_out(*port, out, *IpAddress::parse("10.0.0.2"), 4000);
        ethdev.learn(*IpAddress::parse("10.0.0.2"), {2, 0, 0, 0, 0, 0x11}, now_);
        turn(*port);
        EXPECT_EQ(port->counters(0)[PortCounter::hold_sent], 16u);
    }
    auto frames = read_pcap(sent);
    std::erase_if(frames, [](const auto& f) { return f.size() != 1'054; });
    ASSERT_EQ(frames.size(), 16u);
    EXPECT_EQ(frames[0].back(), 0x5a);
    {
        auto port = open("net_pcap1,rx_pcap=" + sent + ",tx_pcap=" + reply +
                         ";address=10.0.0.2/24;mac=02:00:00:00:00:11");
        ASSERT_TRUE(port);
        const auto payloads = turn(*port);
        ASSERT_EQ(payloads.size(), 16u);
        EXPECT_EQ(payloads[0].size(), 1'012u);
        EXPECT_EQ(flows_[0].remote_endpoint(), (Endpoint{kUs, 4000}));
        expect_balance(port->counters(0));
    }
    EXPECT_TRUE(pools_.idle());
    std::remove(sent.c_str());
    std::remove(reply.c_str());
}

// net_pcap has one transmit queue here: worker 0 sends for worker 1.
TEST_F(EthdevPortTest, WorkersShareOneTransmitQueue) {
    const std::string sent = testing::TempDir() + "strata-" + std::to_string(getpid()) + "-2.pcap";
    {
        auto port = open("net_pcap2,tx_pcap=" + sent + ";address=10.0.0.1/24", 2);
        ASSERT_TRUE(port);
        FanOut out(*port, 1, *pools_, {});
        fan_out(*port, out, *IpAddress::parse("10.0.0.2"), 4000);
        EXPECT_EQ(port->held(1), 16u);
        static_cast<EthdevPort&>(*port).learn(*IpAddress::parse("10.0.0.2"), {2, 0, 0, 0, 0, 2},
                                              now_);
        turn(*port, 2);
        EXPECT_EQ(port->counters(1)[PortCounter::hold_sent], 16u);
    }
    auto frames = read_pcap(sent);
    std::erase_if(frames, [](const auto& f) { return f.size() != 1'054; });
    EXPECT_EQ(frames.size(), 16u);
    EXPECT_TRUE(pools_.idle());
    std::remove(sent.c_str());
}

TEST_F(EthdevPortTest, UnknownDeviceIsOneClearError) {
    const auto port = open_port("net_nosuch0;address=10.0.0.1/24", {});
    ASSERT_FALSE(port);
    EXPECT_EQ(port.error().code, "port-open");
    EXPECT_NE(port.error().message.find("net_nosuch0"), std::string::npos);
}

TEST_F(EthdevPortTest, AnAddressOfAnotherFamilyIsRefused) {
    auto port = open("net_ring5;address=10.0.0.1/24");
    ASSERT_TRUE(port);
    Link link;
    EXPECT_EQ(port->make_link({*IpAddress::parse("192.0.2.1"), {}, 9, 4000}, link),
              LinkState::unreachable);
    EXPECT_EQ(port->make_link({*IpAddress::parse("fd00::1"), {}, 9, 4000}, link),
              LinkState::refused);
}

}  // namespace
}  // namespace strata::dataplane

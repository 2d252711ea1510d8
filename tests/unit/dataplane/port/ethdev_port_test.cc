#include "dataplane/port/ethdev_port.h"

#include <gtest/gtest.h>
#include <rte_ethdev.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "dataplane/net/checksum.h"
#include "dataplane/net/frame.h"
#include "dataplane/worker/fanout.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane {
namespace {

const IpAddress kUs = *IpAddress::parse("10.0.0.1");

class EthdevPortTest : public testing::Test {
  protected:
    // Sixteen receivers at `remote`, one packet of 12 + 1,000 bytes for each.
    void fan_out(Port& port, FanOut& fan_out, const IpAddress& remote, std::uint16_t remote_port) {
        for (relay::ReceiverSlot& slot : slots_)
            EXPECT_NE(port.make_link({remote, kUs, remote_port, 4000}, slot.link),
                      LinkState::refused);
        rte_mbuf* packet = rte_pktmbuf_alloc(pools_->rx);
        std::memset(rte_pktmbuf_append(packet, 1'012), 0x5a, 1'012);
        relay::Output out;
        out.header.size = 12;
        out.payload_offset = 12;
        out.payload_size = 1'000;
        out.receivers = slots_;
        fan_out.send(*packet, {&out, 1}, TxClass::base, now_);
        rte_pktmbuf_free(packet);
        fan_out.flush(now_);
    }

    std::unique_ptr<Port> open(const std::string& spec, std::uint16_t workers = 1,
                               relay::TimeUs hold_us = 1'000'000) {
        auto port = open_port(spec, {.workers = workers,
                                     .base_udp_port = 4000,
                                     .rx_ring = 256,
                                     .tx_ring = 256,
                                     .hold_us = hold_us,
                                     .handoff_ring = 64});
        EXPECT_TRUE(port) << (port ? "" : port.error().message);
        if (!port) return nullptr;
        const auto started = (*port)->start(*pools_);
        EXPECT_TRUE(started) << (started ? "" : started.error().message);
        return std::move(*port);
    }

    // Turns without a worker until nothing comes any more; frees what was delivered.
    std::vector<std::vector<std::uint8_t>> turn(Port& port, std::uint16_t queues = 1) {
        std::vector<std::vector<std::uint8_t>> payloads;
        for (int i = 0; i < 8; ++i)
            for (std::uint16_t q = 0; q < queues; ++q) {
                std::array<rte_mbuf*, 32> burst;
                const std::uint16_t n = port.rx_burst(q, burst.data(), 32, now_);
                for (std::uint16_t k = 0; k < n; ++k) {
                    const auto* data = rte_pktmbuf_mtod(burst[k], const std::uint8_t*);
                    payloads.emplace_back(data, data + burst[k]->data_len);
                    queues_.push_back(q);
                    flows_.push_back(meta(burst[k]).flow);
                    rte_pktmbuf_free(burst[k]);
                }
                port.poll_slow(q, now_);
            }
        return payloads;
    }
    static void expect_balance(const PortCounters& c) {
        EXPECT_EQ(c[PortCounter::rx_frames], c[PortCounter::rx_delivered] + c.consumed());
    }

    TestPools pools_{
        {.rx_mbufs = 4'095, .header_mbufs = 4'095, .indirect_mbufs = 511, .cache_mbufs = 0}};
    std::vector<relay::ReceiverSlot> slots_{16};
    std::vector<std::uint16_t> queues_;
    std::vector<FlowKey> flows_;
    relay::TimeUs now_ = 1'000'000;
};

// net_ring gives back what was sent: we are our own neighbour, and everything is seen from both
// sides.
TEST_F(EthdevPortTest, RingResolvesHoldsAndDelivers) {
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
        EXPECT_EQ(flows_[0], (FlowKey{kUs, kUs, 4000, 4000}));
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

// Little-endian pcap, Ethernet, from 24 + n * (16 + length).
std::vector<std::vector<std::uint8_t>> read_pcap(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(in)), {});
    std::vector<std::vector<std::uint8_t>> frames;
    for (std::size_t at = 24; at + 16 <= bytes.size();) {
        std::uint32_t size;
        std::memcpy(&size, bytes.data() + at + 8, 4);
        frames.emplace_back(bytes.begin() + static_cast<std::ptrdiff_t>(at + 16),
                            bytes.begin() + static_cast<std::ptrdiff_t>(at + 16 + size));
        at += 16 + size;
    }
    return frames;
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

TEST_F(EthdevPortTest, AnnouncesItsAddressAtStart) {
    const std::string sent = testing::TempDir() + "strata-" + std::to_string(getpid()) + "-3.pcap";
    for (const char* address : {"10.0.0.1/24", "fd00::1/64"}) {
        {
            auto port = open("net_pcap3,tx_pcap=" + sent + ";address=" + address);
            ASSERT_TRUE(port);
            for (int i = 0; i < 6; ++i) {
                turn(*port);
                now_ += 1'000'000;
            }
            EXPECT_EQ(port->counters(0)[PortCounter::announcements], 3u);
        }
        const auto frames = read_pcap(sent);
        ASSERT_EQ(frames.size(), 3u) << address;
        // Broadcast ARP for our own address; or to all nodes.
        const bool v6 = net::get_be16(&frames[0][12]) == net::kEtherTypeIpv6;
        EXPECT_EQ(frames[0][0], v6 ? 0x33 : 0xff);
        if (v6)
            EXPECT_EQ(frames[0][14 + 40], 136);
        else
            EXPECT_TRUE(std::equal(&frames[0][28], &frames[0][32], &frames[0][38]));
        std::remove(sent.c_str());
    }
}

// net_ring: what is written here arrives.
void receive(Port& port, rte_mempool* pool, const std::vector<std::uint8_t>& frame) {
    rte_mbuf* m = rte_pktmbuf_alloc(pool);
    std::memcpy(rte_pktmbuf_append(m, static_cast<std::uint16_t>(frame.size())), frame.data(),
                frame.size());
    ASSERT_EQ(rte_eth_tx_burst(static_cast<EthdevPort&>(port).device_id(), 0, &m, 1), 1);
}

// A router's "fragmentation needed" about a datagram of 1,054 bytes that we sent from port 4000 to
// 10.0.0.2:6000.
std::vector<std::uint8_t> fragmentation_needed(const net::MacAddress& us, std::uint16_t mtu) {
    std::vector<std::uint8_t> frame(14 + 20 + 8 + 20 + 8);
    net::put_mac(&frame[0], us);
    net::put_be16(&frame[12], net::kEtherTypeIpv4);
    std::uint8_t *ip = &frame[14], *icmp = ip + 20, *sent = icmp + 8;
    ip[0] = sent[0] = 0x45;
    ip[9] = 1;
    net::put_be16(ip + 2, 56);
    std::memcpy(ip + 12, IpAddress::parse("10.0.0.9")->v4_bytes(), 4);
    std::memcpy(ip + 16, kUs.v4_bytes(), 4);
    icmp[0] = 3;
    icmp[1] = 4;
    net::put_be16(icmp + 6, mtu);
    net::put_be16(sent + 2, 1'054);
    sent[9] = 17;
    std::memcpy(sent + 12, kUs.v4_bytes(), 4);
    std::memcpy(sent + 16, IpAddress::parse("10.0.0.2")->v4_bytes(), 4);
    net::put_be16(sent + 20, 4'000);
    net::put_be16(sent + 22, 6'000);
    std::uint16_t sum = net::checksum(net::raw_sum(ip, 20));
    std::memcpy(ip + 10, &sum, 2);
    sum = net::checksum(net::raw_sum(icmp, 36));
    std::memcpy(icmp + 2, &sum, 2);
    return frame;
}

TEST_F(EthdevPortTest, WhatAPathDoesNotTakeIsDroppedAndTheRestLeaves) {
    const IpAddress remote = *IpAddress::parse("10.0.0.2");
    auto port = open("net_ring4;address=10.0.0.1/24;mac=02:00:00:00:00:11");
    ASSERT_TRUE(port);
    {
        FanOut out(*port, 0, *pools_, {});
        fan_out(*port, out, remote, 6'000);
        static_cast<EthdevPort&>(*port).learn(remote, {2, 0, 0, 0, 0, 2}, now_);
        turn(*port);
        const std::uint64_t before = port->counters(0)[PortCounter::hold_sent];
        receive(*port, pools_->rx, fragmentation_needed({2, 0, 0, 0, 0, 0x11}, 1'000));
        turn(*port);
        EXPECT_EQ(port->counters(0)[PortCounter::icmp_errors], 1u);
        PathMtu path;
        ASSERT_TRUE(port->next_path_mtu(0, path));
        EXPECT_EQ(path.flow, (FlowKey{remote, kUs, 6'000, 4'000}));
        EXPECT_EQ(path.mtu, 1'000);
        ASSERT_TRUE(port->limit_path(path, now_));
        fan_out(*port, out, remote, 6'000);  // 1,040 bytes of IP
        const PortCounters& c = port->counters(0);
        EXPECT_EQ(c[PortCounter::hold_too_large], 16u);
        EXPECT_EQ(c[PortCounter::hold_sent], before);
        const std::array<std::uint8_t, 200> small{0x80};
        out.send_own(slots_[0].link, small, TxClass::audio, now_);
        EXPECT_EQ(c[PortCounter::hold_sent], before + 1);
        turn(*port);
        const TxQueueCounters& q = out.queue().counters();
        EXPECT_EQ(q.held, c[PortCounter::hold_sent] + c[PortCounter::hold_dropped] +
                              c[PortCounter::hold_too_large] + port->held(0));
    }
    port.reset();
    EXPECT_TRUE(pools_.idle());
}

TEST_F(EthdevPortTest, IcmpIsLimitedBothWays) {
    auto port =
        open_port("net_ring6;address=10.0.0.1/24;mac=02:00:00:00:00:11",
                  {.base_udp_port = 4'000, .rx_ring = 256, .tx_ring = 256, .icmp_per_s = 2});
    ASSERT_TRUE(port);
    ASSERT_TRUE((*port)->start(*pools_));
    for (int i = 0; i < 5; ++i) {
        receive(**port, pools_->rx, fragmentation_needed({2, 0, 0, 0, 0, 0x11}, 1'000));
        turn(**port);
    }
    const PortCounters& c = (*port)->counters(0);
    EXPECT_EQ(c[PortCounter::icmp_errors], 5u);
    EXPECT_EQ(c[PortCounter::icmp_limited], 3u);
    expect_balance(c);
}

// Both ends are ours here: the datagram to a port that nobody owns comes back as an error about
// one of our flows.
TEST_F(EthdevPortTest, PortsThatNobodyOwnsAreUnreachable) {
    auto port = open("net_ring7;address=10.0.0.1/24;mac=02:00:00:00:00:11");
    ASSERT_TRUE(port);
    {
        FanOut out(*port, 0, *pools_, {});
        fan_out(*port, out, kUs, 4'999);
        turn(*port);
        const PortCounters& c = port->counters(0);
        EXPECT_EQ(c[PortCounter::rx_unknown_port], 16u);
        EXPECT_EQ(c[PortCounter::icmp_unreachable], 16u);
        EXPECT_EQ(c[PortCounter::icmp_errors], 16u);
        expect_balance(c);
    }
    port.reset();
    EXPECT_TRUE(pools_.idle());
}

TEST_F(EthdevPortTest, UnknownDeviceIsOneClearError) {
    const auto port = open_port("net_nosuch0;address=10.0.0.1/24", {});
    ASSERT_FALSE(port);
    EXPECT_EQ(port.error().code, "port-open");
    EXPECT_NE(port.error().message.find("net_nosuch0"), std::string::npos);
}

TEST_F(EthdevPortTest, NoRouteIsRefused) {
    auto port = open("net_ring5;address=10.0.0.1/24");
    ASSERT_TRUE(port);
    Link link;
    EXPECT_EQ(port->make_link({*IpAddress::parse("192.0.2.1"), {}, 9, 0}, link),
              LinkState::refused);
    EXPECT_EQ(port->make_link({*IpAddress::parse("fd00::1"), {}, 9, 0}, link), LinkState::refused);
}

}  // namespace
}  // namespace strata::dataplane

#include <gtest/gtest.h>
#include <rte_ethdev.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "dataplane/net/checksum.h"
#include "dataplane/net/frame.h"
#include "dataplane/net/neighbour_discovery.h"
#include "dataplane/port/ethdev_port.h"
#include "tests/unit/dataplane/port/ethdev_port_fixture.h"
#include "tests/unit/dataplane/port/steering_fixture.h"

// What a port does as a host on its network: announcements, and ICMP both ways.
namespace strata::dataplane {
namespace {

using EthdevHostTest = EthdevPortTest;
using ethdev_steering_test::Frame;

TEST_F(EthdevHostTest, AnnouncesItsAddressAtStart) {
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
        auto frames = read_pcap(sent);
        const auto reports = take_reports(frames);
        ASSERT_EQ(frames.size(), 3u) << address;
        // Broadcast ARP for our own address; or to all nodes.
        const bool v6 = net::get_be16(&frames[0][12]) == net::kEtherTypeIpv6;
        EXPECT_EQ(frames[0][0], v6 ? 0x33 : 0xff);
        EXPECT_EQ(reports.size(), v6 ? 2u : 0u);
        if (v6)
            EXPECT_EQ(frames[0][14 + 40], 136);
        else
            EXPECT_TRUE(std::equal(&frames[0][28], &frames[0][32], &frames[0][38]));
        std::remove(sent.c_str());
    }
}

TEST_F(EthdevHostTest, AnnouncesEachOfItsAddresses) {
    const std::string sent = testing::TempDir() + "strata-" + std::to_string(getpid()) + "-4.pcap";
    {
        auto port = open("net_pcap4,tx_pcap=" + sent +
                         ";address=10.0.0.1/24;address=fd00::1/64;address=192.168.7.1/24");
        ASSERT_TRUE(port);
        turn(*port);
        EXPECT_EQ(port->counters(0)[PortCounter::announcements], 3u);
    }
    auto frames = read_pcap(sent);
    EXPECT_EQ(take_reports(frames).size(), 1u);
    ASSERT_EQ(frames.size(), 3u);
    EXPECT_EQ(net::get_ipv4(&frames[0][28]), kUs);
    EXPECT_EQ(net::get_ipv6(&frames[1][14 + 40 + 8]), *IpAddress::parse("fd00::1"));
    EXPECT_EQ(net::get_ipv4(&frames[2][38]), *IpAddress::parse("192.168.7.1"));
    std::remove(sent.c_str());
}

// RFC 3810 section 5.1: a router's question for all groups, from the link. Of version 1 with 24
// bytes.
Frame group_query(std::uint16_t bytes = 28) {
    Frame frame(std::size_t{14} + 40 + 8 + bytes);
    net::put_mac(&frame[0], {0x33, 0x33, 0, 0, 0, 1});
    net::put_be16(&frame[12], net::kEtherTypeIpv6);
    std::uint8_t* ip = &frame[14];
    ip[0] = 0x60;
    net::put_be16(ip + 4, static_cast<std::uint16_t>(8 + bytes));
    ip[7] = 1;
    std::memcpy(ip + 8, IpAddress::parse("fe80::9")->bytes.data(), 16);
    std::memcpy(ip + 24, IpAddress::parse("ff02::1")->bytes.data(), 16);
    const Frame alert{58, 0, 5, 2, 0, 0, 1, 0};
    std::ranges::copy(alert, ip + 40);
    ip[48] = 130;
    const std::uint16_t sum =
        net::icmpv6_checksum(ip, std::span<const std::uint8_t>(ip + 48, bytes));
    std::memcpy(ip + 50, &sum, 2);
    return frame;
}

TEST_F(EthdevHostTest, SaysThatItListensWhenAskedAndNotTooOften) {
    auto port = open("net_ring11;address=fd00::1/64;mac=02:00:00:00:00:11");
    ASSERT_TRUE(port);
    const PortCounters& c = port->counters(0);
    for (int i = 0; i < 6; ++i, now_ += 1'000'000) turn(*port);
    EXPECT_EQ(c[PortCounter::listener_reports], 2u);  // unasked
    const std::uint64_t before = c[PortCounter::rx_icmp];
    for (int i = 0; i < 10; ++i, now_ += 60'000) {
        receive(*port, pools_->rx, group_query());
        turn(*port);
    }
    EXPECT_EQ(c[PortCounter::rx_icmp], before + 10);
    EXPECT_EQ(c[PortCounter::listener_reports], 2u + 2u);
    expect_balance(c);
}

// The versions of the reports that the port has sent over net_ring.
std::vector<int> versions(Port& port) {
    const std::uint16_t id = static_cast<EthdevPort&>(port).device_id();
    std::array<rte_mbuf*, 64> sent;
    const std::uint16_t n = rte_eth_rx_burst(id, 0, sent.data(), sent.size());
    std::vector<int> found;
    for (std::uint16_t i = 0; i < n; ++i) {
        const auto* frame = rte_pktmbuf_mtod(sent[i], const std::uint8_t*);
        if (frame[14 + 6] == 0) found.push_back(frame[14 + 48] == 131 ? 1 : 2);
        rte_pktmbuf_free(sent[i]);
    }
    return found;
}

// RFC 3810 section 8.2.1: for as long as a router that knows no other is there.
TEST_F(EthdevHostTest, SpeaksMldVersion1WhileARouterKnowsNoOther) {
    auto port = open(
        "net_ring13;address=fd00::1/64;address=fd01::2/64;address=10.0.0.1/24;"
        "mac=02:00:00:00:00:11");
    ASSERT_TRUE(port);
    const auto asked = [&](std::uint16_t bytes) {
        now_ += 1'000'000;
        receive(*port, pools_->rx, group_query(bytes));
        std::array<rte_mbuf*, 8> none;
        EXPECT_EQ(port->rx_burst(0, none.data(), 8, now_), 0);
        port->poll_slow(0, now_);
        return versions(*port);
    };
    for (int i = 0; i < 6; ++i, now_ += 1'000'000) turn(*port);
    EXPECT_EQ(asked(28), (std::vector{2}));
    EXPECT_EQ(asked(24), (std::vector{1, 1}));
    EXPECT_EQ(asked(28), (std::vector{1, 1})) << "it is still there";
    now_ += 250'000'000;
    EXPECT_EQ(asked(28), (std::vector{1, 1}));
    now_ += 8'000'000;
    EXPECT_EQ(asked(28), (std::vector{2}));
    EXPECT_EQ(asked(27), std::vector<int>{});
    const PortCounters& c = port->counters(0);
    EXPECT_EQ(c[PortCounter::listener_reports], 2u + 1 + 2 + 2 + 2 + 1);
    expect_balance(c);
}

// A device that takes nothing: what doesn't leave is no answer.
TEST_F(EthdevHostTest, WhatDoesNotLeaveIsCountedAsThat) {
    auto port = open("net_ring10;address=10.0.0.1/24;mac=02:00:00:00:00:11");
    ASSERT_TRUE(port);
    for (const Frame& frame :
         {ethdev_steering_test::echo_request(), ethdev_steering_test::datagram(4'999, 0),
          ethdev_steering_test::arp_request()})
        receive(*port, pools_->rx, frame);
    const std::uint16_t id = static_cast<EthdevPort&>(*port).device_id();
    const auto none = [](std::uint16_t, std::uint16_t, rte_mbuf**, std::uint16_t,
                         void*) -> std::uint16_t { return 0; };
    const auto* callback = rte_eth_add_tx_callback(id, 0, none, nullptr);
    ASSERT_NE(callback, nullptr);
    turn(*port);
    const PortCounters& c = port->counters(0);
    EXPECT_EQ(c[PortCounter::rx_icmp] + c[PortCounter::rx_unknown_port] + c[PortCounter::rx_arp],
              3u);
    for (const PortCounter answer : {PortCounter::icmp_answered, PortCounter::icmp_unreachable,
                                     PortCounter::arp_answered, PortCounter::announcements})
        EXPECT_EQ(c[answer], 0u) << name(answer);
    EXPECT_EQ(c[PortCounter::own_lost], 4u);  // an announcement too
    expect_balance(c);
    ASSERT_EQ(rte_eth_remove_tx_callback(id, 0, callback), 0);
    port.reset();
    EXPECT_TRUE(pools_.idle());
}

// What comes from our own address is nobody's, and isn't answered.
TEST_F(EthdevHostTest, OurOwnAddressSendsNothing) {
    auto port = open("net_ring9;address=10.0.0.1/24;mac=02:00:00:00:00:11");
    ASSERT_TRUE(port);
    {
        FanOut out(*port, 0, *pools_, {});
        fan_out(*port, out, kUs, 4'000);
        fan_out(*port, out, kUs, 4'999);
        EXPECT_TRUE(turn(*port).empty());
        const PortCounters& c = port->counters(0);
        EXPECT_EQ(c[PortCounter::rx_bad_header], 32u);
        EXPECT_EQ(c[PortCounter::icmp_unreachable], 0u);
        expect_balance(c);
    }
    port.reset();
    EXPECT_TRUE(pools_.idle());
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

TEST_F(EthdevHostTest, WhatAPathDoesNotTakeIsDroppedAndTheRestLeaves) {
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

TEST_F(EthdevHostTest, IcmpIsLimitedBothWays) {
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

// The errors come back, since all MAC addresses are ours here, and are for the neighbour.
TEST_F(EthdevHostTest, PortsThatNobodyOwnsAreUnreachable) {
    reflects_ = true;
    auto port = open("net_ring7;address=10.0.0.1/24;mac=02:00:00:00:00:11");
    ASSERT_TRUE(port);
    {
        FanOut out(*port, 0, *pools_, {});
        fan_out(*port, out, kUs, 4'999);
        turn(*port);
        const PortCounters& c = port->counters(0);
        EXPECT_EQ(c[PortCounter::rx_unknown_port], 16u);
        EXPECT_EQ(c[PortCounter::icmp_unreachable], 16u);
        EXPECT_EQ(c[PortCounter::rx_not_for_us], 16u);
        expect_balance(c);
    }
    port.reset();
    EXPECT_TRUE(pools_.idle());
}

}  // namespace
}  // namespace strata::dataplane

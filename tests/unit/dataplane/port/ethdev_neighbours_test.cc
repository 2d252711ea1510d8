#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "dataplane/net/arp.h"
#include "dataplane/net/frame.h"
#include "dataplane/net/neighbour_discovery.h"
#include "dataplane/port/ethdev_port.h"
#include "tests/unit/dataplane/port/ethdev_port_fixture.h"

// Next hops of a port: who is asked where they are, who is believed, and what waits for them.
namespace strata::dataplane {
namespace {

using EthdevNeighboursTest = EthdevPortTest;

// Each next hop is asked for from the address on its link, in its own protocol.
TEST_F(EthdevNeighboursTest, NextHopsOfBothFamiliesAreAskedFor) {
    const std::string sent = testing::TempDir() + "strata-" + std::to_string(getpid()) + "-5.pcap";
    {
        auto port = open("net_pcap5,tx_pcap=" + sent +
                         ";address=10.0.0.1/24;address=fd00::1/64;address=192.168.7.1/24");
        ASSERT_TRUE(port);
        Link link;
        for (const char* remote : {"10.0.0.2", "fd00::2", "192.168.7.2"})
            EXPECT_EQ(port->make_link({*IpAddress::parse(remote), {}, 9, 4000}, link),
                      LinkState::resolving);
        EXPECT_EQ(port->make_link({*IpAddress::parse("fd01::2"), {}, 9, 4000}, link),
                  LinkState::unreachable);
        turn(*port);
        EXPECT_EQ(port->counters(0)[PortCounter::arp_requests], 3u);
    }
    auto frames = read_pcap(sent);
    take_reports(frames);
    ASSERT_EQ(frames.size(), 6u);
    frames.erase(frames.begin(), frames.begin() + 3);  // announcements
    EXPECT_EQ(net::get_ipv4(&frames[0][28]), kUs);
    EXPECT_EQ(net::get_ipv4(&frames[0][38]), *IpAddress::parse("10.0.0.2"));
    EXPECT_EQ(net::get_ipv6(&frames[1][14 + 8]), *IpAddress::parse("fd00::1"));
    EXPECT_EQ(net::get_ipv6(&frames[1][14 + 40 + 8]), *IpAddress::parse("fd00::2"));
    EXPECT_EQ(net::get_ipv4(&frames[2][28]), *IpAddress::parse("192.168.7.1"));
    std::remove(sent.c_str());
}

// Somebody says that a next hop is elsewhere: where it was is asked, and no one else.
TEST_F(EthdevNeighboursTest, AClaimHasTheKnownStationAsked) {
    const std::string sent = testing::TempDir() + "strata-" + std::to_string(getpid()) + "-12.pcap";
    const net::MacAddress known{2, 0, 0, 0, 0, 0x22}, thief{2, 0, 0, 0, 0, 0x99};
    const IpAddress v4 = IpAddress::v4({10, 0, 0, 2}), v6 = *IpAddress::parse("fd00::2");
    {
        auto port = open("net_pcap12,tx_pcap=" + sent + ";address=10.0.0.1/24;address=fd00::1/64");
        ASSERT_TRUE(port);
        auto& ethdev = static_cast<EthdevPort&>(*port);
        Link link;
        for (const IpAddress& hop : {v4, v6}) {
            port->make_link({hop, {}, 9, 4'000}, link);
            ethdev.learn(hop, known, now_);
        }
        turn(*port);
        for (const IpAddress& hop : {v4, v6}) ethdev.learn(hop, thief, now_);
        now_ += 100'000;
        turn(*port);
        EXPECT_EQ(port->counters(0)[PortCounter::arp_requests], 2u);
        EXPECT_EQ(port->make_link({v4, {}, 9, 4'000}, link), LinkState::ready);
        now_ += 100'000;
        for (int i = 0; i < 30; ++i, now_ += 50'000) turn(*port);  // nobody answers
        EXPECT_EQ(port->counters(0)[PortCounter::arp_requests], 2u * 6);
        EXPECT_EQ(port->counters(0)[PortCounter::neighbour_claims_refused], 2u);
        EXPECT_EQ(port->counters(0)[PortCounter::neighbours_moved], 0u);
    }
    auto frames = read_pcap(sent);
    take_reports(frames);
    std::erase_if(frames, [&](const auto& f) { return net::get_mac(f.data()) != known; });
    ASSERT_EQ(frames.size(), 6u);
    for (std::size_t i = 0; i < frames.size(); i += 2) {
        const auto arp = net::parse_arp(std::span(frames[i]).subspan(14));
        ASSERT_TRUE(arp);
        EXPECT_TRUE(arp->request);
        EXPECT_EQ(arp->sender, kUs);
        EXPECT_EQ(arp->target, v4);
        const auto nd = net::parse_neighbour(std::span(frames[i + 1]).subspan(14));
        ASSERT_TRUE(nd);
        EXPECT_TRUE(nd->solicitation);
        EXPECT_EQ(nd->target, v6);
        EXPECT_EQ(net::get_ipv6(&frames[i + 1][14 + 24]), v6);
    }
    std::remove(sent.c_str());
}

// From the wire to the counter: claims that come beside true answers.
TEST_F(EthdevNeighboursTest, ClaimsFromTheWireAreRefusedOrFollowed) {
    auto port = open("net_ring12;address=10.0.0.1/24;mac=02:00:00:00:00:11");
    ASSERT_TRUE(port);
    const IpAddress hop = IpAddress::v4({10, 0, 0, 2});
    const auto reply = [&](int station) {
        net::LocalNet them;
        them.mac = {2, 0, 0, 0, 0, static_cast<std::uint8_t>(station)};
        std::vector<std::uint8_t> frame(net::kMaxArpFrame);
        frame.resize(
            net::write_arp_reply(them, {true, {2, 0, 0, 0, 0, 0x11}, kUs, hop}, frame.data()));
        receive(*port, pools_->rx, frame);
        turn(*port);
    };
    Link link;
    port->make_link({hop, {}, 9, 4'000}, link);
    turn(*port);
    reply(0x22);
    now_ += 100'000;
    const PortCounters& c = port->counters(0);
    for (const int station : {0x99, 0x98, 0x22}) reply(station);
    EXPECT_EQ(c[PortCounter::neighbour_claims_refused], 1u);
    EXPECT_EQ(c[PortCounter::neighbours_moved], 0u);
    now_ += 2'000'000;
    reply(0x33);
    for (int i = 0; i < 13; ++i, now_ += 50'000) turn(*port);
    EXPECT_EQ(c[PortCounter::neighbours_moved], 0u);
    reply(0x33);
    EXPECT_EQ(c[PortCounter::neighbours_moved], 1u);
    EXPECT_EQ(c[PortCounter::neighbour_claims_refused], 1u);
    expect_balance(c);
}

TEST_F(EthdevNeighboursTest, WhatNoRouteLeadsToIsDroppedAndNobodyIsAskedFor) {
    auto port = open("net_null0;address=10.0.0.1/24");
    ASSERT_TRUE(port);
    {
        FanOut out(*port, 0, *pools_, {});
        const FlowKey away{*IpAddress::parse("192.0.2.1"), kUs, 6'000, 4'000};
        Link link;
        EXPECT_EQ(port->make_link(away, link), LinkState::unreachable);
        EXPECT_FALSE(port->has_route(link));
        port->release_link(link);
        fan_out(*port, out, away.remote, away.remote_port);
        turn(*port);
        const PortCounters& c = port->counters(0);
        EXPECT_EQ(c[PortCounter::hold_no_route], 16u);
        EXPECT_EQ(c[PortCounter::tx_packets] + c[PortCounter::arp_requests], 0u);
        EXPECT_EQ(port->held(0), 0u);
        EXPECT_EQ(out.queue().counters().held, 16u);
        static_cast<EthdevPort&>(*port).use_routes(
            {{{away.remote, 32}, *IpAddress::parse("10.0.0.9")}});
        EXPECT_EQ(port->make_link(away, link), LinkState::resolving);
        EXPECT_TRUE(port->has_route(link));
        // No header can be written for these.
        FlowKey other = away;
        other.remote = *IpAddress::parse("2001:db8::1");
        EXPECT_EQ(port->make_link(other, link), LinkState::refused);
    }
    port.reset();
    EXPECT_TRUE(pools_.idle());
}

// Whom nobody sends to isn't asked for, however many say that they are there.
TEST_F(EthdevNeighboursTest, AnswersToStrangersWaitForNobody) {
    auto port = open("net_null0;address=10.0.0.1/24");
    ASSERT_TRUE(port);
    turn(*port);
    Link link;
    for (std::uint8_t i = 2; i < 250; ++i)
        EXPECT_EQ(port->make_answer_link({IpAddress::v4({10, 0, 0, i}), kUs, 9, 4000}, link),
                  LinkState::refused);
    now_ += 1'000'000;
    turn(*port);
    EXPECT_EQ(port->counters(0)[PortCounter::arp_requests], 0u);
    const FlowKey peer{IpAddress::v4({10, 0, 0, 2}), kUs, 9, 4000};
    EXPECT_EQ(port->make_link(peer, link), LinkState::resolving);
    EXPECT_EQ(port->make_answer_link(peer, link), LinkState::refused);
    static_cast<EthdevPort&>(*port).learn(peer.remote, {2, 0, 0, 0, 0, 2}, now_);
    EXPECT_EQ(port->make_answer_link(peer, link), LinkState::ready);
}

// With room for one next hop, which is another's before the first has answered.
TEST_F(EthdevNeighboursTest, WhatWaitsForOneHostNeverGoesToAnother) {
    auto port =
        open_port("net_null0;address=10.0.0.1/24",
                  {.base_udp_port = 4'000, .rx_ring = 256, .tx_ring = 256, .neighbours = 1});
    ASSERT_TRUE(port);
    ASSERT_TRUE((*port)->start(*pools_));
    {
        FanOut out(**port, 0, *pools_, {});
        const IpAddress other = IpAddress::v4({10, 0, 0, 3});
        fan_out(**port, out, IpAddress::v4({10, 0, 0, 2}), 6'000);
        EXPECT_EQ((*port)->held(0), 16u);
        for (const relay::ReceiverSlot& slot : slots_) (*port)->release_link(slot.link);
        Link link;
        EXPECT_EQ((*port)->make_link({other, kUs, 9, 4000}, link), LinkState::resolving);
        static_cast<EthdevPort&>(**port).learn(other, {2, 0, 0, 0, 0, 3}, now_);
        turn(**port);
        const PortCounters& c = (*port)->counters(0);
        EXPECT_EQ(c[PortCounter::hold_sent], 0u);
        EXPECT_EQ(c[PortCounter::hold_dropped], 16u);
        EXPECT_EQ((*port)->held(0), 0u);
    }
    port->reset();
    EXPECT_TRUE(pools_.idle());
}

// Of one burst, in turn: a next hop that has all its room doesn't keep the other's packets out.
TEST_F(EthdevNeighboursTest, ADeadNextHopLeavesRoomToOthers) {
    auto port = open("net_null0,no-rx=1;address=10.0.0.1/24");
    ASSERT_TRUE(port);
    {
        const IpAddress dead = IpAddress::v4({10, 0, 0, 2}), live = IpAddress::v4({10, 0, 0, 3});
        std::array<Link, 2> links;
        port->make_link({dead, kUs, 9, 4'000}, links[0]);
        port->make_link({live, kUs, 9, 4'000}, links[1]);
        TxQueue queue(*port, 0, {});
        const auto push = [&](std::size_t packets, bool both) {
            std::vector<rte_mbuf*> burst(packets);
            for (std::size_t i = 0; i < packets; ++i) {
                burst[i] = rte_pktmbuf_alloc(pools_->header);
                const std::uint64_t hop =
                    net::Neighbour::unresolved(net::neighbour_of(links[both ? i % 2 : 0]), 0);
                std::memcpy(rte_pktmbuf_append(burst[i], 60), &hop, 6);
            }
            queue.push_unresolved(burst.data(), static_cast<std::uint32_t>(packets), now_);
        };
        push(1'000, false);
        const std::uint32_t before = port->held(0);
        push(64, true);
        EXPECT_EQ(port->held(0), before + 32);
        const TxQueueCounters& q = queue.counters();
        EXPECT_EQ(q.pushed, q.held + q.unresolved);
        EXPECT_EQ(q.held, port->held(0));
        static_cast<EthdevPort&>(*port).learn(live, {2, 0, 0, 0, 0, 3}, now_);
        turn(*port);
        EXPECT_EQ(port->counters(0)[PortCounter::hold_sent], 32u);
        EXPECT_EQ(port->held(0), before);
    }
    port.reset();
    EXPECT_TRUE(pools_.idle());
}

}  // namespace
}  // namespace strata::dataplane

#include <gtest/gtest.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "dataplane/net/checksum.h"
#include "dataplane/net/frame.h"
#include "dataplane/port/ethdev_port.h"
#include "tests/unit/dataplane/port/ethdev_port_fixture.h"
#include "tests/unit/dataplane/port/steering_card.h"

// How packets come to the worker whose UDP port they name: by rules, by RSS, by rings; and that
// they do whatever the card does.
namespace strata::dataplane::ethdev_steering_test {
namespace {

using api::Steering;

constexpr std::uint16_t kFirst = 4'000, kWorkers = 3;
constexpr net::MacAddress kOurs{2, 0, 0, 0, 0, 0x11}, kTheirs{2, 0, 0, 0, 0, 0x22};
using Frame = std::vector<std::uint8_t>;

struct Kind {
    bool v6 = false;
    std::uint16_t vlan = 0;
};

// `payload` behind an Ethernet and an IP header, to us.
Frame ip_frame(Kind kind, std::uint8_t protocol, const Frame& payload) {
    Frame frame(14);
    net::put_mac(&frame[0], kOurs);
    net::put_mac(&frame[6], kTheirs);
    net::put_be16(&frame[12], kind.v6 ? net::kEtherTypeIpv6 : net::kEtherTypeIpv4);
    if (kind.vlan != 0) {
        const std::array<std::uint8_t, 4> tag{0x81, 0, static_cast<std::uint8_t>(kind.vlan >> 8),
                                              static_cast<std::uint8_t>(kind.vlan)};
        frame.insert(frame.begin() + 12, tag.begin(), tag.end());
    }
    const std::size_t at = frame.size();
    frame.resize(at + (kind.v6 ? 40 : 20));
    std::uint8_t* ip = &frame[at];
    const auto size = static_cast<std::uint16_t>(payload.size());
    if (kind.v6) {
        ip[0] = 0x60;
        net::put_be16(ip + 4, size);
        ip[6] = protocol;
        ip[7] = 64;
        std::memcpy(ip + 8, IpAddress::parse("fd00::2")->bytes.data(), 16);
        std::memcpy(ip + 24, IpAddress::parse("fd00::1")->bytes.data(), 16);
    } else {
        ip[0] = 0x45;
        net::put_be16(ip + 2, static_cast<std::uint16_t>(20 + size));
        ip[8] = 64;
        ip[9] = protocol;
        std::memcpy(ip + 12, IpAddress::parse("10.0.0.2")->v4_bytes(), 4);
        std::memcpy(ip + 16, kUs.v4_bytes(), 4);
        const std::uint16_t sum = net::checksum(net::raw_sum(ip, 20));
        std::memcpy(ip + 10, &sum, 2);
    }
    frame.insert(frame.end(), payload.begin(), payload.end());
    return frame;
}

// A datagram whose payload is `number`.
Frame datagram(std::uint16_t to_port, std::uint32_t number, Kind kind = {}) {
    Frame udp(8 + 4);
    net::put_be16(&udp[0], 6'000);
    net::put_be16(&udp[2], to_port);
    net::put_be16(&udp[4], static_cast<std::uint16_t>(udp.size()));
    std::memcpy(&udp[8], &number, 4);
    return ip_frame(kind, net::kProtocolUdp, udp);
}

Frame fragment(std::uint16_t to_port) {
    Frame frame = datagram(to_port, 0);
    net::put_be16(&frame[14 + 6], 0x2000);  // more fragments
    std::memset(&frame[14 + 10], 0, 2);
    const std::uint16_t sum = net::checksum(net::raw_sum(&frame[14], 20));
    std::memcpy(&frame[14 + 10], &sum, 2);
    return frame;
}

Frame echo_request() {
    Frame icmp(8 + 16);
    icmp[0] = 8;
    const std::uint16_t sum = net::checksum(net::raw_sum(icmp.data(), icmp.size()));
    std::memcpy(&icmp[2], &sum, 2);
    return ip_frame({}, net::kProtocolIcmp, icmp);
}

Frame arp_request() {
    Frame frame(14 + 28);
    net::put_mac(&frame[0], net::kBroadcastMac);
    net::put_mac(&frame[6], kTheirs);
    net::put_be16(&frame[12], net::kEtherTypeArp);
    const std::array<std::uint8_t, 8> head{0, 1, 8, 0, 6, 4, 0, 1};
    std::copy(head.begin(), head.end(), &frame[14]);
    net::put_mac(&frame[22], kTheirs);
    std::memcpy(&frame[28], IpAddress::parse("10.0.0.2")->v4_bytes(), 4);
    std::memcpy(&frame[38], kUs.v4_bytes(), 4);
    return frame;
}

class SteeringTest : public EthdevPortTest {
  protected:
    // The card `name`, opened with these options behind its address.
    void open_card(const std::string& name, const SteeringCard::Character& character,
                   const std::string& options = "", const std::string& address = "10.0.0.1/24") {
        port_.reset();
        card_ = std::make_unique<SteeringCard>(name, character);
        port_ = open(name + ";mac=02:00:00:00:00:11;address=" + address + options, kWorkers);
        ASSERT_TRUE(port_);
        turn(*port_, kWorkers);  // our own announcement comes back
        queues_.clear();
    }
    ~SteeringTest() override { port_.reset(); }

    SteeringReport report() { return port_->steering(); }
    std::uint64_t sum(PortCounter c) const {
        std::uint64_t all = 0;
        for (std::uint16_t q = 0; q < kWorkers; ++q) all += port_->counters(q)[c];
        return all;
    }
    // `rounds` datagrams to each worker: each comes to it, and nothing else does.
    void expect_home(Kind kind = {}, std::uint32_t rounds = 10) {
        std::multiset<std::pair<std::uint16_t, std::uint32_t>> sent, got;
        for (std::uint32_t i = 0; i < rounds; ++i)
            for (std::uint16_t w = 0; w < kWorkers; ++w) {
                card_->bring(datagram(static_cast<std::uint16_t>(kFirst + w), i, kind), pools_->rx);
                sent.emplace(w, i);
            }
        queues_.clear();
        flows_.clear();
        const auto payloads = turn(*port_, kWorkers);
        for (std::size_t i = 0; i < payloads.size(); ++i) {
            std::uint32_t number = 0;
            ASSERT_EQ(payloads[i].size(), 4u);
            std::memcpy(&number, payloads[i].data(), 4);
            got.emplace(queues_[i], number);
            EXPECT_EQ(flows_[i].local_port, kFirst + queues_[i]);
        }
        EXPECT_EQ(got, sent);
        expect_balance();
    }
    void expect_balance() {
        std::uint64_t consumed = 0;
        for (std::uint16_t q = 0; q < kWorkers; ++q) consumed += port_->counters(q).consumed();
        EXPECT_EQ(sum(PortCounter::rx_frames), sum(PortCounter::rx_delivered) + consumed);
    }
    void expect_all_steered() {
        expect_home();
        EXPECT_EQ(sum(PortCounter::rx_steered), sum(PortCounter::rx_delivered));
        EXPECT_EQ(sum(PortCounter::rx_handed_off), 0u);
        EXPECT_EQ(sum(PortCounter::rx_misdirected), 0u);
    }
    void expect_leak_free() {
        port_.reset();
        EXPECT_TRUE(pools_.idle());
    }

    std::unique_ptr<SteeringCard> card_;
    std::unique_ptr<Port> port_;
};

TEST_F(SteeringTest, RulesBringEachWorkerItsDatagrams) {
    open_card("net_ring20", {});
    EXPECT_EQ(report().method, Steering::flow);
    EXPECT_EQ(report().reason, "");
    EXPECT_EQ(card_->rules.size(), 2u * kWorkers);
    EXPECT_FALSE(card_->rss_on);  // what no rule is for comes to queue 0
    expect_all_steered();
    // The host on the wire is worker 0.
    for (const Frame& frame : {arp_request(), echo_request(), fragment(kFirst + 1)})
        card_->bring(frame, pools_->rx);
    turn(*port_, kWorkers);
    EXPECT_EQ(port_->counters(0)[PortCounter::icmp_answered], 1u);
    EXPECT_EQ(port_->counters(0)[PortCounter::rx_fragment], 1u);
    EXPECT_EQ(sum(PortCounter::rx_handed_off), 0u);
    port_.reset();
    EXPECT_TRUE(card_->rules.empty());
    EXPECT_EQ(card_->destroyed_late, 0u);
    EXPECT_TRUE(pools_.idle());
}

TEST_F(SteeringTest, RulesAreOfBothIpVersionsAndOfThePortsVlan) {
    open_card("net_ring21", {}, "", "fd00::1/64");
    expect_home({.v6 = true});
    EXPECT_EQ(sum(PortCounter::rx_handed_off), 0u);
    open_card("net_ring22", {}, ";vlan=7");
    expect_home({.vlan = 7});
    EXPECT_EQ(sum(PortCounter::rx_handed_off), 0u);
    expect_leak_free();
}

TEST_F(SteeringTest, WithoutRulesTheHashOfThePortSteers) {
    open_card("net_ring23", {.refuses_rules = ENOSYS});
    EXPECT_EQ(report().method, Steering::rss);
    EXPECT_EQ(report().reason, "no rte_flow: driver says ENOSYS");
    EXPECT_EQ(card_->starts, 1u);  // it wasn't started in vain
    expect_all_steered();
    expect_leak_free();
}

// Some cards leave out what isn't hashed, some have zeros there.
TEST_F(SteeringTest, TheHashIsTheSameBehindZeros) {
    int n = 0;
    for (const std::size_t offset : {10u, 34u}) {
        open_card("net_ring24" + std::to_string(n++),
                  {.refuses_rules = ENOTSUP, .reta_size = 512, .hash_offset = offset});
        EXPECT_EQ(report().method, Steering::rss);
        expect_all_steered();
    }
}

TEST_F(SteeringTest, RulesThatThereIsNoRoomForAreNotKept) {
    open_card("net_ring25", {.most_rules = 5});
    EXPECT_EQ(report().method, Steering::rss);
    EXPECT_EQ(report().reason,
              "no rte_flow: driver says ENOSPC to UDP port 4002 of IPv6 (no room)");
    EXPECT_TRUE(card_->rules.empty());
    EXPECT_EQ(card_->destroyed_late, 0u);
    expect_all_steered();
}

TEST_F(SteeringTest, RssIsNotBelievedUnread) {
    const auto refusing = [](SteeringCard::Character character) {
        character.refuses_rules = ENOSYS;
        return character;
    };
    struct Case {
        SteeringCard::Character character;
        const char* reason;
    };
    // Under this key every port has hash 0.
    const std::vector<std::uint8_t> zero_key(40, 0);
    const std::array<Case, 6> cases{{
        {{.hashes = kPortHash & ~RTE_ETH_RSS_L4_DST_ONLY},
         "no RSS: the device can't hash the UDP destination port alone"},
        {{.read_back = kPortHash & ~RTE_ETH_RSS_L4_DST_ONLY},
         "no RSS: the device hashes more than the UDP destination port"},
        {{.read_back = kPortHash & ~RTE_ETH_RSS_NONFRAG_IPV6_UDP},
         "no RSS: the device hashes more than the UDP destination port"},
        {{.reta_size = 100}, "no RSS: a redirection table of 100 entries"},
        {{.keeps_reta = false}, "no RSS: the redirection table isn't as it was written"},
        {{.own_key = zero_key},
         "no RSS: UDP ports 4000 and 4001 have one entry of the redirection table by the device's "
         "key"},
    }};
    int n = 0;
    for (const Case& c : cases) {
        open_card("net_ring26" + std::to_string(n++), refusing(c.character));
        EXPECT_EQ(report().method, Steering::ring) << c.reason;
        EXPECT_EQ(report().reason, std::string("no rte_flow: driver says ENOSYS; ") + c.reason);
        expect_home();
        EXPECT_EQ(port_->counters(0)[PortCounter::rx_handed_off], 20u);  // of one queue
        EXPECT_EQ(sum(PortCounter::rx_steered), 0u);
        EXPECT_EQ(sum(PortCounter::rx_misdirected), 0u);
        port_.reset();
        EXPECT_TRUE(card_->rules.empty() && pools_.idle());
    }
}

// The key that counts is the one that the card has.
TEST_F(SteeringTest, ACardWithAKeyOfItsOwn) {
    std::vector<std::uint8_t> key(40);
    std::mt19937 random(7);
    for (std::uint8_t& byte : key) byte = static_cast<std::uint8_t>(random());
    open_card("net_ring27", {.refuses_rules = ENOSYS, .own_key = key});
    EXPECT_EQ(report().method, Steering::rss);
    expect_all_steered();
}

TEST_F(SteeringTest, FewerQueuesThanWorkersLeaveTheRings) {
    open_card("net_ring28", {.rx_queues = 2});
    EXPECT_EQ(report().method, Steering::ring);
    EXPECT_EQ(report().reason, "the device has 2 receive queues for 3 workers");
    EXPECT_EQ(card_->queues, 1);
    expect_home();
}

TEST_F(SteeringTest, WhatIsAskedForIsDone) {
    open_card("net_ring29", {}, ";steering=ring");
    EXPECT_EQ(report().method, Steering::ring);
    EXPECT_EQ(report().reason, "as configured");
    expect_home();
    open_card("net_ring30", {}, ";steering=rss");
    EXPECT_EQ(report().method, Steering::rss);
    EXPECT_EQ(report().reason, "");
    EXPECT_EQ(card_->created, 0u);
    expect_all_steered();
    open_card("net_ring31", {}, ";steering=flow");
    EXPECT_EQ(report().method, Steering::flow);
    expect_all_steered();
}

TEST_F(SteeringTest, WhatIsAskedForAndNotPossibleIsOneClearError) {
    const auto why = [&](const std::string& device, const std::string& wanted) {
        auto port = open_port(device + ";address=10.0.0.1/24;steering=" + wanted,
                              {.workers = 2, .base_udp_port = kFirst, .rx_ring = 256});
        EXPECT_TRUE(port);
        const auto started = (*port)->start(*pools_);
        EXPECT_FALSE(started);
        return started ? std::string()
                       : started.error().code + ": " + started.error().message + ": " +
                             started.error().hint;
    };
    {
        SteeringCard card("net_ring32", {.refuses_rules = EINVAL});
        EXPECT_EQ(why(card.device, "flow"),
                  "port-capability: steering=flow isn't possible: no rte_flow: driver says EINVAL "
                  "to UDP port 4000 of IPv4 (as it was told): possible are steering=rss, "
                  "steering=ring and steering=auto");
        EXPECT_FALSE(card.running);
    }
    {
        SteeringCard card("net_ring33", {.hashes = 0});
        EXPECT_EQ(why(card.device, "rss"),
                  "port-capability: steering=rss isn't possible: no RSS: the device can't hash the "
                  "UDP destination port alone: possible are steering=flow, steering=ring and "
                  "steering=auto");
        EXPECT_TRUE(card.rules.empty());
    }
    // A real driver, without any of it.
    EXPECT_EQ(why("net_ring34", "flow"),
              "port-capability: steering=flow isn't possible: no rte_flow: driver says ENOSYS: "
              "possible are steering=ring and steering=auto");
}

// One worker has nothing to steer, whatever is asked for.
TEST_F(SteeringTest, OneWorkerNeedsNone) {
    auto port = open("net_ring35;address=10.0.0.1/24;steering=rss");
    ASSERT_TRUE(port);
    EXPECT_EQ(port->steering().method, Steering::none);
}

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

TEST_F(SteeringTest, RulesComeBackWithTheLink) {
    open_card("net_ring41", {.loses_rules = true});
    port_->watch_link();
    EXPECT_EQ(card_->created, 6u);  // the first time up isn't a return
    card_->set_link(false);
    port_->watch_link();
    EXPECT_TRUE(card_->rules.empty());
    card_->set_link(true);
    port_->watch_link();
    EXPECT_EQ(card_->rules.size(), 6u);
    EXPECT_EQ(report().method, Steering::flow);
    expect_all_steered();
    // No room any more: the rings take over, and the report says so.
    card_->set_link(false);
    port_->watch_link();
    card_->character.most_rules = 3;
    card_->set_link(true);
    port_->watch_link();
    EXPECT_EQ(report().method, Steering::ring);
    EXPECT_NE(report().reason.find("ENOSPC"), std::string::npos);
    const std::uint64_t steered = sum(PortCounter::rx_steered);
    expect_home();
    EXPECT_EQ(sum(PortCounter::rx_misdirected), 20u);  // all came to queue 0
    EXPECT_EQ(sum(PortCounter::rx_steered), steered + 10u);
    EXPECT_TRUE(card_->rules.empty());
    // And back.
    card_->set_link(false);
    port_->watch_link();
    card_->character.most_rules = 6;
    card_->set_link(true);
    port_->watch_link();
    EXPECT_EQ(report().method, Steering::flow);
    EXPECT_EQ(report().reason, "");
    expect_leak_free();
}

TEST_F(SteeringTest, TheRedirectionTableComesBackWithTheLink) {
    open_card("net_ring42", {.refuses_rules = ENOSYS});
    port_->watch_link();
    card_->set_link(false);
    port_->watch_link();
    std::fill(card_->reta.begin(), card_->reta.end(), std::uint16_t{0});
    card_->set_link(true);
    port_->watch_link();
    EXPECT_EQ(report().method, Steering::rss);
    expect_all_steered();
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

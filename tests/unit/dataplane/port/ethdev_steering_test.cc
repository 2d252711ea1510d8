#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/unit/dataplane/port/steering_fixture.h"

// How packets come to the worker whose UDP port they name: by rules, by RSS, by rings.
namespace strata::dataplane::ethdev_steering_test {
namespace {

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

// As a TAP, whose largest frame has 1,522 bytes with its CRC (DPDK 22.11).
TEST_F(SteeringTest, AnMtuThatTheDeviceDoesNotTakeIsOneClearError) {
    SteeringCard card("net_ring45", {.largest_frame = 1'522});
    const PortConfig config{.workers = 2, .base_udp_port = kFirst, .rx_ring = 256};
    const auto opened = open_port("net_ring45;address=10.0.0.1/24;mtu=9000", config);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, "port-capability");
    EXPECT_EQ(opened.error().message, "mtu=9000 isn't possible: net_ring45 takes 46 to 1504");
    EXPECT_TRUE(open_port("net_ring45;address=10.0.0.1/24;mtu=1504", config));
}

// One worker has nothing to steer, whatever is asked for.
TEST_F(SteeringTest, OneWorkerNeedsNone) {
    auto port = open("net_ring35;address=10.0.0.1/24;steering=rss");
    ASSERT_TRUE(port);
    EXPECT_EQ(port->steering().method, Steering::none);
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

}  // namespace
}  // namespace strata::dataplane::ethdev_steering_test

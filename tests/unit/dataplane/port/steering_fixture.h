#pragma once

#include <gtest/gtest.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "dataplane/net/checksum.h"
#include "dataplane/net/frame.h"
#include "dataplane/port/ethdev_port.h"
#include "tests/unit/dataplane/port/ethdev_port_fixture.h"
#include "tests/unit/dataplane/port/steering_card.h"

// A port of three workers on a card that steers, and what comes from the wire.
namespace strata::dataplane::ethdev_steering_test {

using api::Steering;

constexpr std::uint16_t kFirst = 4'000, kWorkers = 3;
constexpr net::MacAddress kOurs{2, 0, 0, 0, 0, 0x11}, kTheirs{2, 0, 0, 0, 0, 0x22};
using Frame = std::vector<std::uint8_t>;

struct Kind {
    bool v6 = false;
    std::uint16_t vlan = 0;
};

// `payload` behind an Ethernet and an IP header, to us.
inline Frame ip_frame(Kind kind, std::uint8_t protocol, const Frame& payload) {
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
inline Frame datagram(std::uint16_t to_port, std::uint32_t number, Kind kind = {}) {
    Frame udp(8 + 4);
    net::put_be16(&udp[0], 6'000);
    net::put_be16(&udp[2], to_port);
    net::put_be16(&udp[4], static_cast<std::uint16_t>(udp.size()));
    std::memcpy(&udp[8], &number, 4);
    return ip_frame(kind, net::kProtocolUdp, udp);
}

inline Frame fragment(std::uint16_t to_port) {
    Frame frame = datagram(to_port, 0);
    net::put_be16(&frame[14 + 6], 0x2000);  // more fragments
    std::memset(&frame[14 + 10], 0, 2);
    const std::uint16_t sum = net::checksum(net::raw_sum(&frame[14], 20));
    std::memcpy(&frame[14 + 10], &sum, 2);
    return frame;
}

inline Frame echo_request() {
    Frame icmp(8 + 16);
    icmp[0] = 8;
    const std::uint16_t sum = net::checksum(net::raw_sum(icmp.data(), icmp.size()));
    std::memcpy(&icmp[2], &sum, 2);
    return ip_frame({}, net::kProtocolIcmp, icmp);
}

inline Frame arp_request() {
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

}  // namespace strata::dataplane::ethdev_steering_test

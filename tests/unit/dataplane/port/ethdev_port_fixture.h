#pragma once

#include <gtest/gtest.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/net/checksum.h"
#include "dataplane/net/frame.h"
#include "dataplane/port/ethdev_port.h"
#include "dataplane/worker/fanout.h"
#include "tests/unit/dataplane/eal.h"

// A device of DPDK's without a card, and what is sent through it.
namespace strata::dataplane {

inline const IpAddress kUs = *IpAddress::parse("10.0.0.1");
// Whose datagrams a ring's are (EthdevPortTest::reflects_).
inline const IpAddress kNeighbour = *IpAddress::parse("10.0.0.2");
inline const IpAddress kNeighbourV6 = *IpAddress::parse("fd00::2");

// No port takes what comes from its own address: datagrams get a neighbour's.
inline void send_from_neighbour(rte_mbuf* m) {
    auto* ip = rte_pktmbuf_mtod_offset(m, std::uint8_t*, net::kEthernetBytes);
    const std::uint16_t type = net::get_be16(ip - 2);
    if (type == net::kEtherTypeIpv6 && ip[6] == net::kProtocolUdp)
        std::memcpy(ip + 8, kNeighbourV6.bytes.data(), 16);
    if (type != net::kEtherTypeIpv4 || ip[9] != net::kProtocolUdp) return;
    std::memcpy(ip + 12, kNeighbour.v4_bytes(), 4);
    std::memset(ip + 10, 0, 2);
    const std::uint16_t sum = net::checksum(net::raw_sum(ip, net::kIpv4Bytes));
    std::memcpy(ip + 10, &sum, 2);
}

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
        for (int i = 0; i < 8; ++i) {
            if (reflects_) reflect(port);
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
        }
        return payloads;
    }
    // What is in the ring is sent by a neighbour with our MAC address.
    static void reflect(Port& port) {
        const std::uint16_t id = static_cast<EthdevPort&>(port).device_id();
        std::array<rte_mbuf*, 256> sent;
        const std::uint16_t n = rte_eth_rx_burst(id, 0, sent.data(), sent.size());
        for (std::uint16_t i = 0; i < n; ++i) send_from_neighbour(sent[i]);
        ASSERT_EQ(rte_eth_tx_burst(id, 0, sent.data(), n), n);
    }
    static void expect_balance(const PortCounters& c) {
        EXPECT_EQ(c[PortCounter::rx_frames], c[PortCounter::rx_delivered] + c.consumed());
    }

    TestPools pools_{
        {.rx_mbufs = 4'095, .header_mbufs = 4'095, .indirect_mbufs = 511, .cache_mbufs = 0}};
    std::vector<relay::ReceiverSlot> slots_{16};
    bool reflects_ = false;
    std::vector<std::uint16_t> queues_;
    std::vector<FlowKey> flows_;
    relay::TimeUs now_ = 1'000'000;
};

// Little-endian pcap, Ethernet, from 24 + n * (16 + length).
inline std::vector<std::vector<std::uint8_t>> read_pcap(const std::string& path) {
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

// Takes what is to all MLD routers out of `frames`.
inline std::vector<std::vector<std::uint8_t>> take_reports(
    std::vector<std::vector<std::uint8_t>>& frames) {
    const auto others = std::ranges::stable_partition(
        frames, [](const auto& f) { return f[0] != 0x33 || f[5] != 0x16; });
    const std::vector<std::vector<std::uint8_t>> reports(others.begin(), others.end());
    frames.erase(others.begin(), others.end());
    return reports;
}

// net_ring: what is written here arrives.
inline void receive(Port& port, rte_mempool* pool, const std::vector<std::uint8_t>& frame) {
    rte_mbuf* m = rte_pktmbuf_alloc(pool);
    std::memcpy(rte_pktmbuf_append(m, static_cast<std::uint16_t>(frame.size())), frame.data(),
                frame.size());
    ASSERT_EQ(rte_eth_tx_burst(static_cast<EthdevPort&>(port).device_id(), 0, &m, 1), 1);
}

}  // namespace strata::dataplane

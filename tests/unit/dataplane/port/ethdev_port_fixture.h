#pragma once

#include <gtest/gtest.h>

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

#include "dataplane/port/ethdev_port.h"
#include "dataplane/worker/fanout.h"
#include "tests/unit/dataplane/eal.h"

// A device of DPDK's without a card, and what is sent through it.
namespace strata::dataplane {

inline const IpAddress kUs = *IpAddress::parse("10.0.0.1");

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

}  // namespace strata::dataplane

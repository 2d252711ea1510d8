#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <vector>

#include "dataplane/port/memory_port.h"
#include "dataplane/worker/fanout.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane {

struct Collector final : MemoryPort::Sink {
    struct Packet {
        FlowKey flow;
        std::vector<std::uint8_t> bytes;
    };
    std::vector<Packet> packets;
    void on_packet(const FlowKey& flow, std::span<const std::uint8_t> packet) override {
        packets.push_back({flow, {packet.begin(), packet.end()}});
    }
};

class FanOutTest : public testing::Test {
  protected:
    void open(const MemoryPort::Options& options, const FanOutConfig& config = {},
              const PortConfig& port = {.base_udp_port = 4000}) {
        port_ = std::make_unique<MemoryPort>(port, options);
        ASSERT_TRUE(port_->start(*pools_));
        port_->set_sink(&sink_);
        fan_out_ = std::make_unique<FanOut>(*port_, 0, *pools_, config);
    }

    // A received packet: 12 bytes of RTP header, then `payload_bytes` counting up.
    rte_mbuf* receive(std::uint16_t payload_bytes) {
        rte_mbuf* m = rte_pktmbuf_alloc(pools_->rx);
        auto* data = reinterpret_cast<std::uint8_t*>(
            rte_pktmbuf_append(m, static_cast<std::uint16_t>(12 + payload_bytes)));
        for (std::uint16_t i = 0; i < 12 + payload_bytes; ++i)
            data[i] = static_cast<std::uint8_t>(i);
        return m;
    }

    std::span<relay::ReceiverSlot> receivers(std::size_t n, const char* remote = "10.0.0.2") {
        slots_.emplace_back(n);
        for (std::size_t i = 0; i < n; ++i) {
            relay::ReceiverSlot& slot = slots_.back()[i];
            slot.offsets.ssrc = static_cast<std::uint32_t>(0x1000 + i);
            slot.offsets.sequence = static_cast<std::uint16_t>(100 + i);
            const FlowKey flow{*IpAddress::parse(remote), *IpAddress::parse("10.0.0.1"),
                               static_cast<std::uint16_t>(6000 + i), 4000};
            EXPECT_EQ(port_->make_link(flow, slot.link), LinkState::ready);
        }
        return slots_.back();
    }

    void link(relay::ReceiverSlot& slot, const char* remote, std::size_t i) {
        const FlowKey flow{*IpAddress::parse(remote),
                           *IpAddress::parse(remote[0] == 'f' ? "fd00::1" : "10.0.0.1"),
                           static_cast<std::uint16_t>(6000 + i), 4000};
        ASSERT_EQ(port_->make_link(flow, slot.link), LinkState::ready);
    }

    static relay::Output output(std::span<relay::ReceiverSlot> to, std::uint16_t offset,
                                std::uint16_t size) {
        relay::Output out;
        out.header.size = 12;
        out.header.bytes[0] = 0x80;
        out.header.bytes[1] = 96;
        out.header.sequence = 7;
        out.payload_offset = offset;
        out.payload_size = size;
        out.receivers = to;
        return out;
    }

    void send(rte_mbuf* packet, std::span<const relay::Output> outputs) {
        fan_out_->send(*packet, outputs, TxClass::base, 0);
        rte_pktmbuf_free(packet);
        fan_out_->flush(0);
    }

    void expect_balance() const {
        const FanOutCounters& c = fan_out_->counters();
        EXPECT_EQ(c.selected, c.queued_for_tx + c.no_header_mbuf + c.no_payload_mbuf + c.too_large);
        EXPECT_EQ(c.queued_for_tx, c.chained + c.no_payload + c.copied_tiny + c.copied_linear + c.shed);
        EXPECT_EQ(c.queued_for_tx, fan_out_->queue().counters().pushed);
    }

    TestPools pools_;
    Collector sink_;
    std::unique_ptr<MemoryPort> port_;
    std::unique_ptr<FanOut> fan_out_;
    std::vector<std::vector<relay::ReceiverSlot>> slots_;
};

inline void expect_packet(const std::vector<std::uint8_t>& packet, std::size_t receiver,
                          std::uint16_t first, std::uint16_t size) {
    ASSERT_EQ(packet.size(), 12u + size);
    EXPECT_EQ(packet[0], 0x80);
    EXPECT_EQ(packet[3], 107 + receiver);                        // sequence
    EXPECT_EQ(packet[11], static_cast<std::uint8_t>(receiver));  // SSRC, low byte
    EXPECT_EQ(packet[10], 0x10);
    for (std::uint16_t i = 0; i < size; ++i)
        ASSERT_EQ(packet[12 + i], static_cast<std::uint8_t>(first + i));
}

}  // namespace strata::dataplane

#include "dataplane/worker/fanout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "dataplane/net/checksum.h"
#include "dataplane/port/memory_port.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane {
namespace {

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
    void open(const MemoryPort::Options& options, const FanOutConfig& config = {}) {
        port_ = std::make_unique<MemoryPort>(PortConfig{.base_udp_port = 4000}, options);
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
        EXPECT_EQ(c.queued_for_tx, c.chained + c.no_payload + c.copied_tiny + c.copied_linear);
        EXPECT_EQ(c.queued_for_tx, fan_out_->queue().counters().pushed);
    }

    TestPools pools_;
    Collector sink_;
    std::unique_ptr<MemoryPort> port_;
    std::unique_ptr<FanOut> fan_out_;
    std::vector<std::vector<relay::ReceiverSlot>> slots_;
};

void expect_packet(const std::vector<std::uint8_t>& packet, std::size_t receiver,
                   std::uint16_t first, std::uint16_t size) {
    ASSERT_EQ(packet.size(), 12u + size);
    EXPECT_EQ(packet[0], 0x80);
    EXPECT_EQ(packet[3], 107 + receiver);                        // sequence
    EXPECT_EQ(packet[11], static_cast<std::uint8_t>(receiver));  // SSRC, low byte
    EXPECT_EQ(packet[10], 0x10);
    for (std::uint16_t i = 0; i < size; ++i)
        ASSERT_EQ(packet[12 + i], static_cast<std::uint8_t>(first + i));
}

TEST_F(FanOutTest, EachReceiverGetsItsHeaderAndTheSharedPayload) {
    open({});
    const auto to = receivers(100);
    const relay::Output out = output(to, 20, 1'000);
    send(receive(1'100), {&out, 1});
    ASSERT_EQ(sink_.packets.size(), 100u);
    for (std::size_t i = 0; i < 100; ++i) {
        EXPECT_EQ(sink_.packets[i].flow.remote_port, 6000 + i);
        expect_packet(sink_.packets[i].bytes, i, 20, 1'000);
    }
    EXPECT_EQ(fan_out_->counters().chained, 100u);
    expect_balance();
    EXPECT_TRUE(pools_.idle());
}

TEST_F(FanOutTest, OneIndirectMbufPerPayloadVariant) {
    open({.in_flight = 64});
    const auto a = receivers(10), b = receivers(10), c = receivers(10);
    const std::array outputs{output(a, 12, 500), output(b, 16, 496), output(c, 12, 500)};
    send(receive(500), outputs);
    EXPECT_EQ(rte_mempool_in_use_count(pools_->indirect), 2u);
    EXPECT_EQ(rte_mempool_in_use_count(pools_->rx), 1u);
    EXPECT_EQ(rte_mempool_in_use_count(pools_->header), 30u);
    EXPECT_EQ(sink_.packets.size(), 30u);
    port_->drain();
    EXPECT_TRUE(pools_.idle());
    expect_balance();
}

TEST_F(FanOutTest, ASpentInputIsSentItself) {
    open({.in_flight = 256});
    const auto to = receivers(100);
    const relay::Output out = output(to, 20, 1'000);
    rte_mbuf* packet = receive(1'100);
    fan_out_->send(*packet, {&out, 1}, TxClass::base, 0, FanOut::Input::spent);
    rte_pktmbuf_free(packet);
    fan_out_->flush(0);
    ASSERT_EQ(sink_.packets.size(), 100u);
    for (std::size_t i = 0; i < 100; ++i) expect_packet(sink_.packets[i].bytes, i, 20, 1'000);
    EXPECT_EQ(rte_mempool_in_use_count(pools_->indirect), 0u);
    EXPECT_EQ(rte_mempool_in_use_count(pools_->rx), 1u);
    port_->drain();
    EXPECT_TRUE(pools_.idle());
    expect_balance();
}

TEST_F(FanOutTest, AnInputThatSomebodyKeepsIsLeftAsItIs) {
    open({.in_flight = 256});
    const auto to = receivers(2);
    const relay::Output out = output(to, 20, 1'000);
    rte_mbuf* packet = receive(1'100);
    rte_mbuf_refcnt_update(packet, 1);
    fan_out_->send(*packet, {&out, 1}, TxClass::base, 0, FanOut::Input::spent);
    EXPECT_EQ(packet->data_len, 1'112);
    EXPECT_EQ(rte_mempool_in_use_count(pools_->indirect), 1u);
    rte_pktmbuf_free(packet);
    rte_pktmbuf_free(packet);
    fan_out_->flush(0);
    port_->drain();
    EXPECT_TRUE(pools_.idle());
}

TEST_F(FanOutTest, ReferencesToASpentInputComeBackWhenHeadersRunOut) {
    open({.in_flight = 128});
    std::vector<rte_mbuf*> taken;
    while (rte_mbuf* m = rte_pktmbuf_alloc(pools_->header)) taken.push_back(m);
    const auto to = receivers(100);
    const relay::Output out = output(to, 12, 500);
    rte_mbuf* packet = receive(500);
    fan_out_->send(*packet, {&out, 1}, TxClass::base, 0, FanOut::Input::spent);
    EXPECT_EQ(fan_out_->counters().no_header_mbuf, 100u);
    EXPECT_EQ(rte_mbuf_refcnt_read(packet), 1);
    rte_pktmbuf_free(packet);
    for (rte_mbuf* m : taken) rte_pktmbuf_free(m);
    EXPECT_TRUE(pools_.idle());
    expect_balance();
}

TEST_F(FanOutTest, NeverMoreThan32000ReferencesToOneMbuf) {
    open({});
    const auto to = receivers(40'000);
    port_->set_sink(nullptr);
    const relay::Output out = output(to, 12, 600);
    send(receive(600), {&out, 1});
    EXPECT_EQ(fan_out_->counters().chained, 40'000u);
    expect_balance();
    EXPECT_TRUE(pools_.idle());
}

TEST_F(FanOutTest, EmptyPacketHasNoPayload) {
    open({});
    const auto to = receivers(2);
    const relay::Output out = output(to, 0, 0);
    send(receive(10), {&out, 1});
    ASSERT_EQ(sink_.packets.size(), 2u);
    EXPECT_EQ(sink_.packets[1].bytes.size(), 12u);
    EXPECT_EQ(fan_out_->counters().no_payload, 2u);
    EXPECT_TRUE(pools_.idle());
}

TEST_F(FanOutTest, TinyPayloadsMayBeCopied) {
    open({}, {.tiny_payload_bytes = 192});
    const auto to = receivers(3);
    const std::array outputs{output(to, 12, 192), output(to, 12, 193)};
    send(receive(300), outputs);
    EXPECT_EQ(fan_out_->counters().copied_tiny, 3u);
    EXPECT_EQ(fan_out_->counters().chained, 3u);
    expect_packet(sink_.packets[2].bytes, 2, 12, 192);
    expect_balance();
    EXPECT_TRUE(pools_.idle());
}

TEST_F(FanOutTest, PortWithoutChainsGetsCopies) {
    open({.chains = false});
    const auto to = receivers(70);
    const std::array outputs{output(to, 12, 1'200), output(to, 12, 100)};
    send(receive(1'300), outputs);
    ASSERT_EQ(sink_.packets.size(), 140u);
    expect_packet(sink_.packets[69].bytes, 69, 12, 1'200);
    expect_packet(sink_.packets[70].bytes, 0, 12, 100);
    EXPECT_EQ(fan_out_->counters().copied_linear, 140u);
    EXPECT_EQ(fan_out_->counters().chained, 0u);
    expect_balance();
    EXPECT_TRUE(pools_.idle());
}

TEST_F(FanOutTest, EmptyPoolsAreCountedAndNothingLeaks) {
    open({.in_flight = 128});
    std::vector<rte_mbuf*> taken;
    while (rte_mbuf* m = rte_pktmbuf_alloc(pools_->header)) taken.push_back(m);
    for (int i = 0; i < 64; ++i) rte_pktmbuf_free(taken[static_cast<std::size_t>(i)]);
    const auto to = receivers(100);
    const relay::Output out = output(to, 12, 500);
    fan_out_->send(*receive(500), {&out, 1}, TxClass::base, 0);  // the packet stays taken
    EXPECT_EQ(fan_out_->counters().no_header_mbuf, 36u);
    expect_balance();
    fan_out_->flush(0);
    port_->drain();
    EXPECT_EQ(rte_mempool_in_use_count(pools_->indirect), 0u);
    for (std::size_t i = 64; i < taken.size(); ++i) rte_pktmbuf_free(taken[i]);
    EXPECT_EQ(rte_mempool_in_use_count(pools_->rx), 1u);
}

TEST_F(FanOutTest, NoPayloadMbufIsCounted) {
    open({});
    std::vector<rte_mbuf*> taken;
    while (rte_mbuf* m = rte_pktmbuf_alloc(pools_->indirect)) taken.push_back(m);
    const auto to = receivers(100);
    const relay::Output out = output(to, 12, 500);
    send(receive(500), {&out, 1});
    EXPECT_EQ(fan_out_->counters().no_payload_mbuf, 100u);
    expect_balance();
    for (rte_mbuf* m : taken) rte_pktmbuf_free(m);
    EXPECT_TRUE(pools_.idle());
}

TEST_F(FanOutTest, TooLargeForTheLinkIsCounted) {  // C46
    open({});
    const auto to = receivers(3);
    relay::Output out = output(to, 12, 2'030);
    out.header.size = 24;
    send(receive(2'030), {&out, 1});
    EXPECT_EQ(fan_out_->counters().too_large, 3u);
    expect_balance();
    EXPECT_TRUE(pools_.idle());
}

TEST_F(FanOutTest, OwnPacketsGoOutAsTheyAre) {
    open({});
    const auto to = receivers(1);
    const std::array<std::uint8_t, 8> rtcp{0x80, 201, 0, 1, 1, 2, 3, 4};
    fan_out_->send_own(to[0].link, rtcp, TxClass::audio, 0);
    fan_out_->flush(0);
    ASSERT_EQ(sink_.packets.size(), 1u);
    EXPECT_TRUE(std::ranges::equal(sink_.packets[0].bytes, rtcp));
    expect_balance();
    EXPECT_TRUE(pools_.idle());
}

// The checksum of an Ethernet frame's UDP datagram, computed the slow way: 0xffff when right.
std::uint32_t verify_udp(const std::vector<std::uint8_t>& frame, bool v6) {
    const std::size_t ip = 14, udp = ip + (v6 ? 40u : 20u);
    std::uint32_t sum = 17 + static_cast<std::uint32_t>(frame.size() - udp);
    const auto add = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i)
            sum += (i - from) % 2 == 0 ? static_cast<std::uint32_t>(frame[i] << 8) : frame[i];
    };
    add(v6 ? ip + 8 : ip + 12, udp);
    add(udp, frame.size());
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

TEST_F(FanOutTest, EthernetFramesCarryRightChecksums) {
    for (const char* remote : {"10.0.0.2", "fd00::2"}) {
        const bool v6 = remote[0] == 'f';
        for (const int header_bytes : {12, 13, 37}) {  // an odd header swaps the payload's sum
            for (const int bytes : {0, 1, 700, 701}) {
                const auto header = static_cast<std::uint16_t>(header_bytes);
                const auto size = static_cast<std::uint16_t>(bytes);
                sink_.packets.clear();
                port_ = std::make_unique<MemoryPort>(PortConfig{.base_udp_port = 4000},
                                                     MemoryPort::Options{LinkKind::ethernet});
                ASSERT_TRUE(port_->start(*pools_));
                port_->set_sink(&sink_);
                fan_out_ = std::make_unique<FanOut>(*port_, 0, *pools_, FanOutConfig{});
                relay::ReceiverSlot slot;
                slot.offsets.ssrc = 0xabcdef01;
                const FlowKey flow{*IpAddress::parse(remote),
                                   *IpAddress::parse(v6 ? "fd00::1" : "10.0.0.1"), 6000, 4000};
                ASSERT_EQ(port_->make_link(flow, slot.link), LinkState::ready);
                relay::Output out = output({&slot, 1}, 12, size);
                out.header.size = header;
                send(receive(800), {&out, 1});
                ASSERT_EQ(sink_.packets.size(), 1u);
                const auto& frame = sink_.packets[0].bytes;
                ASSERT_EQ(frame.size(), (v6 ? 62u : 42u) + header + size);
                EXPECT_EQ(verify_udp(frame, v6), 0xffffu) << remote << ' ' << header << ' ' << size;
                if (!v6) {
                    EXPECT_EQ(net::raw_sum(frame.data() + 14, 20), 0xffffu);
                }
            }
        }
    }
    EXPECT_TRUE(pools_.idle());
}

// IPv4 without UDP checksum is written in pieces of its own; IPv6 always has one.
TEST_F(FanOutTest, EthernetFramesWithoutUdpChecksum) {
    port_ = std::make_unique<MemoryPort>(PortConfig{.base_udp_port = 4000, .udp_checksum = false},
                                         MemoryPort::Options{LinkKind::ethernet});
    ASSERT_TRUE(port_->start(*pools_));
    port_->set_sink(&sink_);
    fan_out_ = std::make_unique<FanOut>(*port_, 0, *pools_, FanOutConfig{.tiny_payload_bytes = 64});
    for (const bool v6 : {false, true})
        for (const int bytes : {0, 1, 15, 16, 17, 63, 64, 65, 1'000}) {
            const auto size = static_cast<std::uint16_t>(bytes);
            std::vector<relay::ReceiverSlot> slots(70);
            for (std::size_t i = 0; i < slots.size(); ++i) {
                slots[i].offsets.ssrc = static_cast<std::uint32_t>(0x1000 + i);
                slots[i].offsets.sequence = static_cast<std::uint16_t>(100 + i);
                const FlowKey flow{*IpAddress::parse(v6 ? "fd00::2" : "10.0.0.2"),
                                   *IpAddress::parse(v6 ? "fd00::1" : "10.0.0.1"),
                                   static_cast<std::uint16_t>(6000 + i), 4000};
                ASSERT_EQ(port_->make_link(flow, slots[i].link), LinkState::ready);
            }
            sink_.packets.clear();
            const relay::Output out = output(slots, 12, size);
            send(receive(1'100), {&out, 1});
            ASSERT_EQ(sink_.packets.size(), slots.size());
            for (std::size_t i = 0; i < slots.size(); ++i) {
                const auto& frame = sink_.packets[i].bytes;
                const std::size_t head = v6 ? 62 : 42, udp = head - 8;
                ASSERT_EQ(frame.size(), head + 12 + size);
                EXPECT_EQ(frame[5], 2) << "the next hop";
                EXPECT_EQ(frame[udp + 2] << 8 | frame[udp + 3], 6000 + static_cast<int>(i));
                EXPECT_EQ(frame[udp + 4] << 8 | frame[udp + 5], 8 + 12 + bytes);
                if (v6) {
                    EXPECT_EQ(verify_udp(frame, true), 0xffffu);
                } else {
                    EXPECT_EQ(net::raw_sum(frame.data() + 14, 20), 0xffffu);
                    EXPECT_EQ(frame[16] << 8 | frame[17], 20 + 8 + 12 + bytes);
                    EXPECT_EQ(frame[udp + 6] | frame[udp + 7], 0);
                }
                expect_packet({frame.begin() + static_cast<std::ptrdiff_t>(head), frame.end()}, i,
                              12, size);
            }
        }
    EXPECT_TRUE(pools_.idle());
}

}  // namespace
}  // namespace strata::dataplane

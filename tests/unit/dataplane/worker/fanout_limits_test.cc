#include <algorithm>
#include <array>
#include <vector>

#include "dataplane/net/ethernet_link.h"
#include "tests/unit/dataplane/worker/fanout_fixture.h"

// Receivers whose paths take less than their port sends.
namespace strata::dataplane {
namespace {

class FanOutLimits : public FanOutTest {
  protected:
    // Every third of `n` receivers takes RTP packets of at most `bytes`.
    std::span<relay::ReceiverSlot> limited(std::size_t n, std::uint16_t bytes) {
        const auto to = receivers(n);
        for (std::size_t i = 0; i < n; i += 3) fan_out_->limit_link(to[i].link, bytes);
        return to;
    }
    std::vector<std::size_t> reached() {
        std::vector<std::size_t> found;
        for (const auto& packet : sink_.packets) found.push_back(packet.flow.remote_port - 6'000u);
        sink_.packets.clear();
        return found;
    }
    void send_one(std::span<relay::ReceiverSlot> to, std::uint16_t payload_bytes) {
        const relay::Output out = output(to, 12, payload_bytes);
        send(receive(1'400), {&out, 1});
    }
};

TEST_F(FanOutLimits, WhatIsLargerGoesToTheOthersOnly) {
    open({.in_flight = 256}, {.tiny_payload_bytes = 100});
    const auto to = limited(100, 112);
    for (const std::uint16_t payload : {std::uint16_t{100}, std::uint16_t{101}}) {
        send_one(to, payload);
        for (const auto& packet : sink_.packets)
            expect_packet(packet.bytes, packet.flow.remote_port - 6'000u, 12, payload);
        const auto found = reached();
        EXPECT_EQ(found.size(), payload == 100 ? 100u : 66u);
        EXPECT_TRUE(payload == 100 ||
                    std::ranges::none_of(found, [](std::size_t i) { return i % 3 == 0; }));
    }
    EXPECT_EQ(fan_out_->counters().too_large, 34u);
    expect_balance();
    port_->drain();
    EXPECT_TRUE(pools_.idle());
}

TEST_F(FanOutLimits, OutputsShareAPayloadWhereAllReceiversTakeIt) {
    open({.in_flight = 64});
    const auto small = limited(3, 500), a = receivers(10), b = receivers(10);
    const std::array outputs{output(a, 12, 600), output(b, 12, 600), output(small, 20, 400)};
    send(receive(700), outputs);
    EXPECT_EQ(sink_.packets.size(), 23u);
    EXPECT_EQ(rte_mempool_in_use_count(pools_->indirect), 2u);
    EXPECT_EQ(fan_out_->counters().too_large, 0u);
    port_->drain();
    EXPECT_TRUE(pools_.idle());
}

TEST_F(FanOutLimits, ASpentInputIsSplitAmongThoseThatTakeIt) {
    open({.in_flight = 256});
    const relay::Output out = output(limited(10, 500), 12, 600);
    rte_mbuf* packet = receive(700);
    fan_out_->send(*packet, {&out, 1}, TxClass::base, 0, FanOut::Input::spent);
    rte_pktmbuf_free(packet);
    fan_out_->flush(0);
    for (const auto& one : sink_.packets)
        expect_packet(one.bytes, one.flow.remote_port - 6'000u, 12, 600);
    EXPECT_EQ(reached(), (std::vector<std::size_t>{1, 2, 4, 5, 7, 8}));
    expect_balance();
    port_->drain();
    EXPECT_TRUE(pools_.idle());
}

TEST_F(FanOutLimits, NobodyTakesIt) {
    open({});
    const auto to = receivers(3);
    for (relay::ReceiverSlot& slot : to) fan_out_->limit_link(slot.link, 500);
    send_one(to, 600);
    EXPECT_EQ(reached().size(), 0u);
    EXPECT_EQ(fan_out_->counters().too_large, 3u);
    expect_balance();
    EXPECT_TRUE(pools_.idle());
}

// The limit lies in bytes of the link that no frame shows.
TEST_F(FanOutLimits, FramesAreTheSameWithALimit) {
    for (const char* remote : {"10.0.0.2", "fd00::2"})
        for (const bool checksum : {false, true}) {
            open({.link_kind = LinkKind::ethernet}, {},
                 {.base_udp_port = 4000, .udp_checksum = checksum});
            std::vector<relay::ReceiverSlot> slots(1);
            link(slots[0], remote, 0);
            send_one(slots, 300);
            fan_out_->limit_link(slots[0].link, 0xffff);
            send_one(slots, 300);
            fan_out_->limit_link(slots[0].link, 312);
            send_one(slots, 300);
            ASSERT_EQ(sink_.packets.size(), 3u);
            EXPECT_EQ(sink_.packets[0].bytes, sink_.packets[1].bytes);
            EXPECT_EQ(sink_.packets[0].bytes, sink_.packets[2].bytes);
            send_one(slots, 301);
            EXPECT_EQ(sink_.packets.size(), 3u);
            sink_.packets.clear();
        }
    EXPECT_TRUE(pools_.idle());
}

TEST_F(FanOutLimits, OwnPacketsAreLimitedToo) {
    for (const LinkKind kind : {LinkKind::flow_key, LinkKind::ethernet}) {
        open({.link_kind = kind});
        const auto to = receivers(1);
        fan_out_->limit_link(to[0].link, 100);
        for (const std::size_t bytes : {std::size_t{100}, std::size_t{101}})
            fan_out_->send_own(to[0].link, std::vector<std::uint8_t>(bytes), TxClass::audio, 0);
        fan_out_->flush(0);
        EXPECT_EQ(sink_.packets.size(), 1u);
        EXPECT_EQ(fan_out_->counters().too_large, 1u);
        expect_balance();
        sink_.packets.clear();
    }
    EXPECT_TRUE(pools_.idle());
}

}  // namespace
}  // namespace strata::dataplane

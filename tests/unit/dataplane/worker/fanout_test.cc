#include "dataplane/worker/fanout.h"

#include <algorithm>
#include <array>
#include <vector>

#include "tests/unit/dataplane/worker/fanout_fixture.h"

namespace strata::dataplane {
namespace {

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

}  // namespace
}  // namespace strata::dataplane

#include "dataplane/port/memory_port.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane {
namespace {

const FlowKey kFlow{*IpAddress::parse("10.0.0.2"), *IpAddress::parse("10.0.0.1"), 5000, 4000};

TEST(MemoryPort, DeliversWhatWasPushedWithItsFlow) {
    TestPools pools;
    MemoryPort port({.index = 3, .base_udp_port = 4000});
    ASSERT_TRUE(port.start(*pools));
    const std::array<std::uint8_t, 4> payload{1, 2, 3, 4};
    ASSERT_TRUE(port.push(kFlow, payload));
    std::array<rte_mbuf*, 8> packets;
    ASSERT_EQ(port.rx_burst(0, packets.data(), 8, 77), 1);
    EXPECT_EQ(meta(packets[0]).flow, kFlow);
    EXPECT_EQ(meta(packets[0]).received_us, 77);
    EXPECT_EQ(meta(packets[0]).port_index, 3);
    EXPECT_EQ(packets[0]->data_len, 4);
    EXPECT_EQ(*rte_pktmbuf_mtod(packets[0], std::uint8_t*), 1);
    EXPECT_EQ(port.counters(0)[PortCounter::rx_frames], 1u);
    EXPECT_EQ(port.counters(0)[PortCounter::rx_delivered], 1u);
    rte_pktmbuf_free(packets[0]);
    EXPECT_TRUE(pools.idle());
}

TEST(MemoryPort, RefusesWhatDoesNotFitAnMbuf) {
    TestPools pools;
    MemoryPort port({});
    ASSERT_TRUE(port.start(*pools));
    const std::vector<std::uint8_t> payload(3'000);
    EXPECT_FALSE(port.push(kFlow, payload));
    EXPECT_TRUE(pools.idle());
}

TEST(MemoryPort, KeepsPacketsInFlight) {
    TestPools pools;
    {
        MemoryPort port({}, {.in_flight = 2});
        ASSERT_TRUE(port.start(*pools));
        for (int i = 0; i < 5; ++i) {
            rte_mbuf* m = rte_pktmbuf_alloc(pools->header);
            ASSERT_EQ(port.tx_burst(0, &m, 1).sent, 1u);
        }
        EXPECT_EQ(rte_mempool_in_use_count(pools->header), 2u);
    }
    EXPECT_TRUE(pools.idle());
}

TEST(MemoryPort, SlowDeviceTakesAPart) {
    TestPools pools;
    MemoryPort port({});
    ASSERT_TRUE(port.start(*pools));
    port.set_tx_limit(1);
    std::array<rte_mbuf*, 2> packets{rte_pktmbuf_alloc(pools->header),
                                     rte_pktmbuf_alloc(pools->header)};
    const TxResult result = port.tx_burst(0, packets.data(), 2);
    EXPECT_EQ(result.sent, 1u);
    EXPECT_EQ(port.counters(0)[PortCounter::tx_short], 1u);
    rte_pktmbuf_free(packets[1]);
    EXPECT_TRUE(pools.idle());
}

}  // namespace
}  // namespace strata::dataplane

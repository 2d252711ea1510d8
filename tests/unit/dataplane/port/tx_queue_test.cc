#include "dataplane/port/tx_queue.h"

#include <gtest/gtest.h>

#include <numeric>

#include "dataplane/port/memory_port.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane {
namespace {

class TxQueueTest : public testing::Test {
  protected:
    TxQueueTest() { EXPECT_TRUE(port_.start(*pools_)); }

    void push(TxQueue& queue, std::uint32_t n, TxClass c, relay::TimeUs now) {
        for (std::uint32_t i = 0; i < n; ++i) {
            rte_mbuf* m = rte_pktmbuf_alloc(pools_->header);
            queue.push(&m, 1, c, now);
        }
    }

    static std::uint64_t sum(const std::array<std::uint64_t, kTxClasses>& values) {
        return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
    }
    // The equation of tx_queue.h.
    static void expect_balance(const TxQueue& queue) {
        const TxQueueCounters& c = queue.counters();
        EXPECT_EQ(c.pushed, c.sent + sum(c.full) + sum(c.expired) + c.errors + c.held +
                                c.unresolved + queue.queued());
    }

    TestPools pools_;
    MemoryPort port_{{}};
};

TEST_F(TxQueueTest, FlushSendsEverything) {
    TxQueue queue(port_, 0, {});
    push(queue, 10, TxClass::base, 0);
    queue.flush(0);
    EXPECT_EQ(queue.counters().sent, 10u);
    EXPECT_EQ(queue.queued(), 0u);
    expect_balance(queue);
    EXPECT_TRUE(pools_.idle());
}

TEST_F(TxQueueTest, FullQueueDropsUpperLayersBeforeAudio) {
    {
        TxQueue queue(port_, 0, {.packets = 100, .max_wait_us = 1'000});
        port_.set_tx_limit(0);
        push(queue, 100, TxClass::upper, 0);
        EXPECT_EQ(queue.queued(), 75u);
        push(queue, 100, TxClass::base, 0);
        EXPECT_EQ(queue.queued(), 90u);
        push(queue, 100, TxClass::audio, 0);
        EXPECT_EQ(queue.queued(), 100u);
        EXPECT_EQ(queue.counters().full[static_cast<std::size_t>(TxClass::upper)], 25u);
        EXPECT_EQ(queue.counters().full[static_cast<std::size_t>(TxClass::base)], 85u);
        EXPECT_EQ(queue.counters().full[static_cast<std::size_t>(TxClass::audio)], 90u);
        expect_balance(queue);
    }
    EXPECT_TRUE(pools_.idle());
}

// By their numbers among those that left.
TEST_F(TxQueueTest, WhichPacketsWaitedTooLongIsKnownUntilTheNextFlush) {
    TxQueue queue(port_, 0, {.packets = 100, .max_wait_us = 1'000});
    EXPECT_FALSE(queue.expired(0));
    push(queue, 3, TxClass::audio, 0);
    queue.flush(0);
    port_.set_tx_limit(0);
    push(queue, 2, TxClass::audio, 10);
    push(queue, 2, TxClass::audio, 500);
    queue.flush(1'011);
    for (std::uint32_t number = 0; number <= 8; ++number)
        EXPECT_EQ(queue.expired(number), number == 4 || number == 5) << number;
    port_.set_tx_limit(UINT32_MAX);
    queue.flush(1'012);
    EXPECT_FALSE(queue.expired(6));
    EXPECT_EQ(queue.left(), 7u);
    EXPECT_TRUE(pools_.idle());
}

TEST_F(TxQueueTest, WhatWaitedTooLongIsDropped) {
    TxQueue queue(port_, 0, {.packets = 100, .max_wait_us = 1'000});
    port_.set_tx_limit(0);
    push(queue, 5, TxClass::upper, 0);
    push(queue, 5, TxClass::audio, 0);
    queue.flush(750);
    EXPECT_EQ(queue.queued(), 10u);
    queue.flush(751);
    EXPECT_EQ(queue.queued(), 5u);
    queue.flush(1'001);
    EXPECT_EQ(queue.queued(), 0u);
    EXPECT_EQ(sum(queue.counters().expired), 10u);
    expect_balance(queue);
    EXPECT_TRUE(pools_.idle());
}

TEST_F(TxQueueTest, SlowPortKeepsTheOrderAndTheBalance) {
    std::vector<std::uint16_t> seen;
    struct Order final : MemoryPort::Sink {
        std::vector<std::size_t>& sizes;
        explicit Order(std::vector<std::size_t>& s) : sizes(s) {}
        void on_packet(const FlowKey&, std::span<const std::uint8_t> packet) override {
            sizes.push_back(packet.size());
        }
    };
    std::vector<std::size_t> sizes;
    Order order(sizes);
    port_.set_sink(&order);
    TxQueue queue(port_, 0, {.packets = 200});
    for (std::uint16_t i = 0; i < 300; ++i) {
        rte_mbuf* m = rte_pktmbuf_alloc(pools_->header);
        rte_pktmbuf_append(m, static_cast<std::uint16_t>(sizeof(FlowKey) + i));
        std::memset(rte_pktmbuf_mtod(m, void*), 0, m->data_len);
        queue.push(&m, 1, TxClass::audio, 0);
        port_.set_tx_limit(i % 3);
        queue.flush(0);
        expect_balance(queue);
    }
    port_.set_tx_limit(~0u);
    queue.flush(0);
    EXPECT_TRUE(std::is_sorted(sizes.begin(), sizes.end()));
    EXPECT_EQ(sizes.size() + sum(queue.counters().full), 300u);
    expect_balance(queue);
    EXPECT_TRUE(pools_.idle());
}

}  // namespace
}  // namespace strata::dataplane

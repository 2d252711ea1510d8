#include "dataplane/worker/kept_packets.h"

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <cstring>

#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane::kept_packets_test {
namespace {

constexpr std::uint64_t kStream = 3;
constexpr std::uint16_t kLarge = 1'000, kSmall = 200;

class KeptPacketsTest : public ::testing::Test {
  protected:
    void make(const KeptPacketsConfig& config) {
        kept_ = std::make_unique<KeptPackets>(config, *pools_);
    }
    // A packet of `size` bytes that its sender has done with.
    void keep(std::int64_t n, std::uint16_t size, relay::TimeUs now) {
        rte_mbuf* packet = rte_pktmbuf_alloc(pools_->rx);
        ASSERT_NE(packet, nullptr);
        std::memset(rte_pktmbuf_append(packet, size), static_cast<int>(n), size);
        relay::SentForms forms;
        forms.n = n;
        forms.count = 1;
        forms.forms[0].group = 1;
        kept_->keep(*packet, kStream, forms, index_, now);
        rte_pktmbuf_free(packet);
    }
    std::optional<KeptPackets::Found> find(std::int64_t n) {
        relay::SentNumber sent;
        sent.n = n;
        sent.group = 1;
        return kept_->find(index_, kStream, sent);
    }
    bool holds(std::int64_t n, std::uint16_t size) {
        const auto found = find(n);
        return found && found->packet->data_len == size &&
               *rte_pktmbuf_mtod(found->packet, const std::uint8_t*) ==
                   static_cast<std::uint8_t>(n);
    }

    TestPools pools_{PoolConfig{.rx_mbufs = 127,
                                .header_mbufs = 0,
                                .indirect_mbufs = 0,
                                .compact_mbufs = 15,
                                .cache_mbufs = 0}};
    relay::HistoryIndex index_;
    std::unique_ptr<KeptPackets> kept_;
};

TEST_F(KeptPacketsTest, LargeOnesAreReferencesAndSmallOnesCopies) {
    make({.packets = 8, .small_packets = 8});
    keep(1, kLarge, 0);
    keep(2, kSmall, 0);
    keep(3, KeptPackets::kSmallBytes, 0);
    keep(4, KeptPackets::kSmallBytes + 1, 0);
    EXPECT_TRUE(holds(1, kLarge) && holds(2, kSmall));
    EXPECT_EQ(rte_mempool_in_use_count(pools_->rx), 2u);
    EXPECT_EQ(rte_mempool_in_use_count(pools_->compact), 2u);
    EXPECT_EQ(kept_->counters().copied, 2u);
    kept_.reset();
    EXPECT_TRUE(pools_.idle());
}

TEST_F(KeptPacketsTest, CountAndAgeAreBounded) {
    make({.packets = 4, .small_packets = 2, .age_us = 1'000});
    for (std::int64_t n = 0; n < 10; ++n) keep(n, kLarge, n * 100);
    for (std::int64_t n = 10; n < 14; ++n) keep(n, kSmall, 900);
    EXPECT_EQ(kept_->size(), 6u);
    EXPECT_EQ(kept_->counters().displaced, 8u);
    EXPECT_FALSE(find(5));
    EXPECT_TRUE(holds(6, kLarge));
    kept_->expire(1'600);
    EXPECT_TRUE(holds(6, kLarge)) << "exactly so old";
    kept_->expire(1'701);
    EXPECT_FALSE(find(7));
    EXPECT_TRUE(holds(8, kLarge));
    kept_->expire(10'000);
    EXPECT_EQ(kept_->size(), 0u);
    EXPECT_TRUE(pools_.idle());
}

TEST_F(KeptPacketsTest, AReserveOfReceiveBuffersStaysFree) {
    make({.packets = 120, .small_packets = 0, .age_us = 1'000'000, .reserve_packets = 70});
    for (std::int64_t n = 0; n < 64; ++n) keep(n, kLarge, 0);
    EXPECT_EQ(kept_->counters().relinquished, 7u) << "127 - 64 = 63 were free";
    EXPECT_EQ(rte_mempool_avail_count(pools_->rx), 70u);
    EXPECT_TRUE(holds(63, kLarge));
    EXPECT_FALSE(find(0));
}

TEST_F(KeptPacketsTest, NothingIsKeptWithoutPlacesOrBuffers) {
    make({.packets = 0, .small_packets = 32});
    keep(1, kLarge, 0);
    EXPECT_EQ(kept_->size(), 0u);
    for (std::int64_t n = 2; n < 30; ++n) keep(n, kSmall, 0);
    EXPECT_EQ(kept_->size(), 15u) << "as many as there are small buffers";
    EXPECT_EQ(kept_->counters().refused, 13u);
}

}  // namespace
}  // namespace strata::dataplane::kept_packets_test

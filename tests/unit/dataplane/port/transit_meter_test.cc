#include "dataplane/port/transit_meter.h"

#include <gtest/gtest.h>

#include <memory>

#include "dataplane/port/memory_port.h"
#include "dataplane/port/tx_queue.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane {
namespace {

std::uint64_t tsc = 0;  // a cycle is a nanosecond here
int looks = 0;

std::uint64_t read_tsc() {
    ++looks;
    return tsc;
}

class TransitMeterTest : public testing::Test {
  protected:
    TransitMeterTest() {
        tsc = 5'000;
        looks = 0;
        EXPECT_TRUE(port_.start(*pools_));
    }
    std::uint64_t at(std::uint64_t ns) const { return ns_[api::histogram_bucket(ns)].get(); }
    void push(TxQueue& queue, std::uint32_t n, relay::TimeUs now) {
        for (std::uint32_t i = 0; i < n; ++i) {
            rte_mbuf* m = rte_pktmbuf_alloc(pools_->header);
            queue.push(&m, 1, TxClass::base, now);
        }
    }

    TestPools pools_;
    MemoryPort port_{{}};
    api::Histogram ns_{};
    api::Counter max_;
    TransitMeter meter_{read_tsc, 1'000'000'000, ns_, max_};
};

TEST_F(TransitMeterTest, FromTheTurnsFirstBurstToThePort) {
    meter_.begin_turn();
    meter_.received();
    tsc += 100;
    meter_.received();  // of the next port
    tsc += 100;
    meter_.sent(3);
    EXPECT_EQ(at(200), 3u);
    EXPECT_EQ(max_.get(), 200u);
    EXPECT_EQ(looks, 2);  // whatever the number of packets
    meter_.begin_turn();
    meter_.sent(1);  // what a timer made
    EXPECT_EQ(looks, 2);
}

TEST_F(TransitMeterTest, VirtualTimeIsNotMeasured) {
    TransitMeter none(nullptr, 0, ns_, max_);
    none.begin_turn();
    none.received();
    none.sent(1, 10);
    EXPECT_EQ(max_.get(), 0u);
}

TEST_F(TransitMeterTest, PacketsOfABurstAreMeasuredWhenTheyLeave) {
    TxQueue queue(port_, 0, {.transit = &meter_});
    meter_.begin_turn();
    meter_.received();
    push(queue, 10, 0);
    tsc += 700;
    queue.flush(0);
    EXPECT_EQ(at(700), 10u);
    EXPECT_EQ(looks, 2);
}

TEST_F(TransitMeterTest, WaitingForAPortCounts) {
    TxQueue queue(port_, 0, {.transit = &meter_});
    port_.set_tx_limit(0);
    for (const relay::TimeUs now : {1'000, 1'500}) {
        meter_.begin_turn();
        meter_.received();
        push(queue, 2, now);
        queue.flush(now);
    }
    port_.set_tx_limit(~0u);
    meter_.begin_turn();
    queue.flush(3'000);
    EXPECT_EQ(at(2'000'000), 2u);
    EXPECT_EQ(at(1'500'000), 2u);
    EXPECT_EQ(max_.get(), 2'000'000u);
}

}  // namespace
}  // namespace strata::dataplane

#include "control/node/worker_load.h"

#include <gtest/gtest.h>

namespace strata::control {
namespace {

api::WorkerSnapshot cycles(std::uint64_t busy, std::uint64_t idle, std::uint64_t asleep) {
    api::WorkerSnapshot worker;
    worker.counters.resize(static_cast<std::size_t>(api::WorkerCounter::kCount));
    const auto set = [&](api::WorkerCounter counter, std::uint64_t value) {
        worker.counters[static_cast<std::size_t>(counter)].value = value;
    };
    set(api::WorkerCounter::busy_cycles, busy);
    set(api::WorkerCounter::idle_cycles, idle);
    set(api::WorkerCounter::sleep_cycles, asleep);
    return worker;
}

TEST(WorkerLoad, IsTheShareOfBusyCyclesSinceTheReadingBefore) {
    WorkerLoad load;
    EXPECT_TRUE(load.update({}).empty());  // no data plane
    EXPECT_TRUE(load.update({cycles(900, 50, 50), cycles(0, 10, 990)}).empty());
    const auto shares = load.update({cycles(1'000, 100, 900), cycles(500, 260, 1'240)});
    ASSERT_EQ(shares.size(), 2u);
    EXPECT_DOUBLE_EQ(shares[0], 0.1);
    EXPECT_DOUBLE_EQ(shares[1], 0.5);
}

TEST(WorkerLoad, NewerReadingsCountMore) {
    WorkerLoad load;
    load.update({cycles(0, 0, 0)});
    EXPECT_DOUBLE_EQ(load.update({cycles(100, 0, 0)})[0], 1.0);
    EXPECT_DOUBLE_EQ(load.update({cycles(100, 100, 0)})[0], 0.5);
    EXPECT_DOUBLE_EQ(load.update({cycles(100, 200, 0)})[0], 0.25);
    EXPECT_DOUBLE_EQ(load.update({cycles(100, 200, 0)})[0], 0.25);  // it stands still
}

TEST(WorkerLoad, AnotherDataPlaneBeginsAnew) {
    WorkerLoad load;
    load.update({cycles(1'000, 0, 0)});
    load.update({cycles(2'000, 0, 0)});
    EXPECT_TRUE(load.update({cycles(10, 90, 0)}).empty());
    EXPECT_DOUBLE_EQ(load.update({cycles(20, 180, 0)})[0], 0.1);
    EXPECT_TRUE(load.update({cycles(20, 180, 0), cycles(0, 0, 0)}).empty());
}

}  // namespace
}  // namespace strata::control

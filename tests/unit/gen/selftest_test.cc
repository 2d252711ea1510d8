#include "bench/generator/selftest.h"

#include <gtest/gtest.h>

namespace strata::gen {
namespace {

TEST(SelftestPlan, EveryPublisherHasAReceiverOfItsOwn) {
    const auto io = make_socket_io();
    const Plan plan = make_selftest_plan(*io, 500'000);
    EXPECT_EQ(plan.duration_us, 500'000);
    ASSERT_EQ(plan.publishers.size(), plan.receivers.size());
    EXPECT_GE(plan.publishers.size(), 7u);
    for (std::size_t i = 0; i < plan.publishers.size(); ++i) {
        EXPECT_EQ(plan.receivers[i].track, plan.publishers[i].id);
        EXPECT_EQ(plan.receivers[i].local, plan.publishers[i].remote);
        EXPECT_TRUE(plan.publishers[i].local.known());
        EXPECT_NE(plan.publishers[i].local, plan.publishers[i].remote);
    }
}

}  // namespace
}  // namespace strata::gen

#include "bench/generator/rate_search.h"

#include <gtest/gtest.h>

namespace strata::gen {
namespace {

// A relay that passes up to `capacity` times the plan's rate.
double search(double capacity, RateSearchConfig config = {}) {
    RateSteps steps(config);
    int trials = 1;
    while (steps.record(steps.multiplier() <= capacity)) ++trials;
    EXPECT_LE(trials, config.max_trials);
    return steps.best();
}

TEST(RateSteps, FindsTheCapacityToItsPrecision) {
    for (const double capacity : {1.0, 1.3, 2.0, 7.7, 13.3, 33.0, 63.9}) {
        const double found = search(capacity);
        EXPECT_LE(found, capacity);
        EXPECT_GE(found, capacity * 0.93) << capacity;
    }
}

TEST(RateSteps, EndsAtItsBounds) {
    EXPECT_EQ(search(1000), 64);
    EXPECT_EQ(search(0.5), 0) << "not even the plan's own rate";
    RateSearchConfig few;
    few.max_trials = 3;
    EXPECT_EQ(search(1000, few), 4);
}

}  // namespace
}  // namespace strata::gen

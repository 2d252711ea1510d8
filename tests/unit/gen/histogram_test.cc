#include "bench/generator/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace strata::gen {
namespace {

TEST(Histogram, SmallValuesAreExact) {
    Histogram h;
    for (int i = 0; i < 128; ++i) h.record(i);
    EXPECT_EQ(h.count(), 128u);
    EXPECT_EQ(h.quantile_us(0.5), 63);
    EXPECT_EQ(h.quantile_us(1.0), 127);
    EXPECT_EQ(h.max_us(), 127);
    EXPECT_EQ(h.min_us(), 0);
}

TEST(Histogram, QuantilesAreNeverBelowAndAtMostOneSixtyFourthAbove) {
    std::mt19937 random(7);
    std::lognormal_distribution<double> latency(6.0, 2.0);
    Histogram h;
    std::vector<std::int64_t> values;
    for (int i = 0; i < 20'000; ++i) {
        values.push_back(static_cast<std::int64_t>(latency(random)));
        h.record(values.back());
    }
    std::ranges::sort(values);
    for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(q * 20'000))) - 1;
        const std::int64_t exact = values[rank];
        EXPECT_GE(h.quantile_us(q), exact) << q;
        EXPECT_LE(h.quantile_us(q), exact + exact / 64 + 1) << q;
    }
}

TEST(Histogram, EmptyAndHugeAndMerged) {
    Histogram h;
    EXPECT_EQ(h.quantile_us(0.99), 0);
    h.record(-5);
    h.record(INT64_MAX);
    EXPECT_EQ(h.count(), 2u);
    EXPECT_EQ(h.min_us(), 0);
    EXPECT_EQ(h.quantile_us(1.0), h.max_us());
    Histogram other;
    other.record(10);
    h.merge(other);
    EXPECT_EQ(h.count(), 3u);
    EXPECT_EQ(h.quantile_us(0.6), 10);
}

}  // namespace
}  // namespace strata::gen

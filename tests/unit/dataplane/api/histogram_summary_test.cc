#include "dataplane/api/histogram_summary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace strata::api {
namespace {

TEST(HistogramSummary, NothingHasNoQuantile) {
    const HistogramValues none{};
    EXPECT_EQ(histogram_count(none), 0u);
    EXPECT_EQ(histogram_quantile(none, 990), 0u);
}

TEST(HistogramSummary, BoundsMeet) {
    for (std::size_t i = 0; i + 1 < kHistogramBuckets; ++i)
        EXPECT_EQ(histogram_upper_bound(i) + 1, histogram_lower_bound(i + 1));
}

TEST(HistogramSummary, QuantilesAreAtMostAQuarterTooHigh) {
    std::mt19937_64 random(7);
    std::vector<std::uint64_t> all(10'000);
    HistogramValues values{};
    for (std::uint64_t& value : all) {
        value = random() % 1'000 * (random() % 1'000);
        ++values[histogram_bucket(value)];
    }
    std::sort(all.begin(), all.end());
    for (const std::uint32_t permille : {1u, 500u, 900u, 990u, 999u, 1000u}) {
        const std::uint64_t exact = all[all.size() / 1000 * permille - 1];
        const std::uint64_t found = histogram_quantile(values, permille);
        EXPECT_GE(found, exact) << permille;
        EXPECT_LE(found, exact + exact / 4) << permille;
    }
}

TEST(HistogramSummary, TheOnlyValueIsEveryQuantile) {
    HistogramValues values{};
    values[histogram_bucket(3)] = 1;
    for (const std::uint32_t permille : {1u, 500u, 1000u})
        EXPECT_EQ(histogram_quantile(values, permille), 3u);
}

}  // namespace
}  // namespace strata::api

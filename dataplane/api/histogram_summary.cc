#include "dataplane/api/histogram_summary.h"

#include <numeric>

namespace strata::api {

std::uint64_t histogram_count(const HistogramValues& values) {
    return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

std::uint64_t histogram_upper_bound(std::size_t bucket) {
    return bucket + 1 < kHistogramBuckets ? histogram_lower_bound(bucket + 1) - 1
                                          : histogram_lower_bound(bucket);
}

std::uint64_t histogram_quantile(const HistogramValues& values, std::uint32_t permille) {
    const std::uint64_t count = histogram_count(values);
    if (count == 0) return 0;
    // Divided first: a worker that has turned for months has more than 2^54 of them.
    const std::uint64_t wanted = count / 1000 * permille + (count % 1000 * permille + 999) / 1000;
    std::uint64_t below = 0;
    for (std::size_t bucket = 0; bucket < kHistogramBuckets; ++bucket) {
        below += values[bucket];
        if (below >= wanted) return histogram_upper_bound(bucket);
    }
    return histogram_upper_bound(kHistogramBuckets - 1);
}

}  // namespace strata::api

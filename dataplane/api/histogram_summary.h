#pragma once

#include <array>
#include <cstdint>

#include "dataplane/api/statistics.h"

namespace strata::api {

using HistogramValues = std::array<std::uint64_t, kHistogramBuckets>;

std::uint64_t histogram_count(const HistogramValues& values);

// Highest value that falls into `bucket`; of the last one its lowest.
std::uint64_t histogram_upper_bound(std::size_t bucket);

// The value that `permille` of all are not above: the upper bound of its bucket, so at most a
// quarter too high. 0 where there are none. `permille`: 1 to 1000.
std::uint64_t histogram_quantile(const HistogramValues& values, std::uint32_t permille);

}  // namespace strata::api

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control/cli/api_client.h"

namespace strata::control::cli {

using Counters = std::map<std::string, std::uint64_t, std::less<>>;

// One answer of /v1/stats.
struct CounterSample {
    std::uint64_t sampled_at_us = 0;  // monotonic, of the control plane's clock
    std::vector<std::string> names;   // of the totals, in the order of the answer
    Counters total;
    std::map<std::string, Counters> workers;  // by number
};

CounterSample read_sample(const Json& stats);

// 0 where the clock of the samples doesn't tell (control was restarted).
double seconds_between(const CounterSample& before, const CounterSample& now);

// "1,234.0" per second, a bit rate for names that end in "_bytes"; empty where a rate makes no
// sense: gauges, counters that began anew, no time between the samples.
std::string rate_text(std::string_view name, const Counters& before, const Counters& now,
                      double seconds);

}  // namespace strata::control::cli

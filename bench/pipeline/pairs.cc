#include "bench/pipeline/pairs.h"

#include <time.h>

#include <algorithm>
#include <cmath>

namespace strata::bench {

namespace {

// How many of the smallest of `n` values may lie below the interval: the largest k for which a fair
// coin shows at most k heads in n throws with a probability of at most 2.5 %.
std::size_t outside(std::size_t n) {
    double term = std::pow(0.5, static_cast<double>(n)), sum = 0;
    std::size_t k = 0;
    for (; k < n; ++k) {
        sum += term;
        if (sum > 0.025) break;
        term *= static_cast<double>(n - k) / static_cast<double>(k + 1);
    }
    return k;
}

Spread ratios(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> values(a.size());
    std::transform(a.begin(), a.end(), b.begin(), values.begin(), std::divides<>());
    return spread(std::move(values));
}

}  // namespace

double thread_cpu_ns() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

Spread spread(std::vector<double> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    const std::size_t k = outside(n) == 0 ? 0 : outside(n) - 1;
    const double median = n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
    return {median, values[k], values[n - 1 - k], values.front(), values.back()};
}

void Rounds::add(Loop loop, std::uint64_t inputs_per_run) {
    const auto timed = [run = std::move(loop)](std::uint64_t inputs) -> Run {
        const double begin = thread_cpu_ns();
        const std::uint64_t outputs = run(inputs);
        return {outputs, thread_cpu_ns() - begin};
    };
    loops_.push_back({timed, inputs_per_run, {}, {}});
}

void Rounds::add_timed(TimedLoop loop, std::uint64_t inputs_per_run) {
    const auto timed = [run = std::move(loop)](std::uint64_t inputs) -> Run {
        return {0, run(inputs)};
    };
    loops_.push_back({timed, inputs_per_run, {}, {}});
}

void Rounds::run(int rounds) {
    for (Measured& m : loops_) m.loop(m.inputs);  // warm caches and pools
    for (int i = 0; i < rounds; ++i)
        for (Measured& m : loops_) {
            const auto [outputs, ns] = m.loop(m.inputs);
            m.ns_per_input.push_back(ns / static_cast<double>(m.inputs));
            m.ns_per_output.push_back(ns /
                                      static_cast<double>(std::max<std::uint64_t>(outputs, 1)));
        }
}

Spread Rounds::per_output(std::size_t i) const { return spread(loops_[i].ns_per_output); }
Spread Rounds::per_input(std::size_t i) const { return spread(loops_[i].ns_per_input); }
Spread Rounds::ratio(std::size_t a, std::size_t b) const {
    return ratios(loops_[a].ns_per_output, loops_[b].ns_per_output);
}
Spread Rounds::ratio_of_cheaper(std::size_t a, std::size_t b, std::size_t c) const {
    std::vector<double> cheaper = loops_[a].ns_per_output;
    for (std::size_t i = 0; i < cheaper.size(); ++i)
        cheaper[i] = std::min(cheaper[i], loops_[b].ns_per_output[i]);
    return ratios(cheaper, loops_[c].ns_per_output);
}
Spread Rounds::ratio_per_input(std::size_t a, std::size_t b) const {
    return ratios(loops_[a].ns_per_input, loops_[b].ns_per_input);
}

}  // namespace strata::bench

#include <array>
#include <vector>

#include "bench/pipeline/product.h"
#include "bench/pipeline/report.h"
#include "dataplane/api/histogram_summary.h"

namespace strata::bench {
namespace {

struct Case {
    std::uint32_t receivers;
    std::uint16_t burst;  // packets that come at once
};
constexpr std::array kCases{Case{10, 1},  Case{10, 8},   Case{10, 32},   Case{100, 1},
                            Case{100, 8}, Case{100, 32}, Case{1'000, 8}, Case{1'000, 32}};

// The aim: the 99th of a hundred outputs leaves within this, of which half as much again as the
// worker needs for all of the burst is what grows with it.
double most_ns(const Case& of, double ns_per_output) {
    return 50'000 + 1.5 * of.receivers * of.burst * ns_per_output;
}

api::HistogramValues values_of(const api::Histogram& histogram) {
    api::HistogramValues values{};
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = histogram[i].get();
    return values;
}

// The histogram is the worker's own, which `strata worker show` has as well: bounds of its buckets
// are at most a quarter too high.
void measure_transit(Bench& bench, const Case& of) {
    const Shape shape{.receivers = of.receivers, .transit = true};
    Product product(shape, bench.pools);
    const std::uint64_t bursts = std::max<std::uint64_t>(bench.inputs(of.receivers) / of.burst, 64);
    std::vector<double> ns_per_output, p50, p99;
    product.run_bursts(bursts, of.burst);  // warm
    for (int round = 0; round < kRounds; ++round) {
        const api::HistogramValues before = values_of(product.transit());
        ns_per_output.push_back(product.run_bursts(bursts, of.burst));
        api::HistogramValues values = values_of(product.transit());
        for (std::size_t i = 0; i < values.size(); ++i) values[i] -= before[i];
        p50.push_back(static_cast<double>(api::histogram_quantile(values, 500)));
        p99.push_back(static_cast<double>(api::histogram_quantile(values, 990)));
    }
    const Spread cost = spread(ns_per_output), half = spread(p50), most = spread(p99);
    const double aim = most_ns(of, cost.median);
    bench.row(shape_fields(bench, "transit", shape) + ',' + field("burst", of.burst) + ',' +
              fields("ns_per_output", cost) + ',' + fields("rx_tx_p50_ns", half) + ',' +
              fields("rx_tx_p99_ns", most) + ',' + field("aim_ns", aim));
    if (bench.prints())
        std::printf(
            "%5u receivers, %2u packets at once: rx to tx p50 %6.1f us, p99 %6.1f us "
            "(%.1f-%.1f), aim %.0f us: %s\n",
            of.receivers, of.burst, half.median / 1'000, most.median / 1'000, most.low / 1'000,
            most.high / 1'000, aim / 1'000, most.median <= aim ? "met" : "MISSED");
}

}  // namespace

void measure_all_transit(Bench& bench) {
    for (const Case& of : kCases) measure_transit(bench, of);
}

}  // namespace strata::bench

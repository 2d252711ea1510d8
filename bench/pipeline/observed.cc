#include "bench/pipeline/product.h"
#include "bench/pipeline/report.h"

namespace strata::bench {
namespace {

// The same shape with and without somebody who looks on, in the same rounds.
void measure_observed(Bench& bench, const Shape& shape) {
    Shape with = shape;
    with.observed = true;
    Product plain(shape, bench.pools), observed(with, bench.pools);
    Rounds rounds;
    const std::uint64_t inputs = bench.inputs(shape.receivers);
    rounds.add([&](std::uint64_t n) { return plain.run(n); }, inputs);
    rounds.add([&](std::uint64_t n) { return observed.run(n); }, inputs);
    rounds.run(kRounds);
    const Spread ratio = rounds.ratio_per_input(1, 0);
    bench.row(shape_fields(bench, "observed", shape) + ',' +
              fields("ns_per_input", rounds.per_input(0)) + ',' +
              fields("observed_ns_per_input", rounds.per_input(1)) + ',' + fields("ratio", ratio));
    if (bench.prints())
        std::printf("%10s %9u receivers: %8.1f ns per input, observed %8.1f, %.3f (%.3f-%.3f)\n",
                    shape.unwanted ? "unwanted" : media_name(shape.media), shape.receivers,
                    rounds.per_input(0).median, rounds.per_input(1).median, ratio.median, ratio.low,
                    ratio.high);
}

}  // namespace

void measure_all_observed(Bench& bench) {
    for (const std::uint32_t receivers : {1u, 10u, 100u})
        measure_observed(bench, {.receivers = receivers});
    measure_observed(bench, {.receivers = 1, .unwanted = true});
}

}  // namespace strata::bench

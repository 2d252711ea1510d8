#include <chrono>
#include <cstdio>
#include <thread>

#include "bench/pipeline/product.h"
#include "bench/pipeline/report.h"

namespace strata::bench {
namespace {

using api::WorkerCounter;

template <typename Counters>
std::uint64_t sum_of(const Counters& counters) {
    std::uint64_t sum = 0;
    for (const api::Counter& counter : counters) sum += counter.get();
    return sum;
}

// Reads all of a worker's statistics ten times a second, as whoever watches an appliance does.
class Poller {
  public:
    explicit Poller(const api::WorkerBlock& block)
        : thread_([&block](const std::stop_token& stop) {
              std::uint64_t sum = 0;
              while (!stop.stop_requested()) {
                  for (const api::Histogram* histogram :
                       {&block.burst_packets, &block.turn_ns, &block.rx_tx_ns})
                      sum += sum_of(*histogram);
                  sum += sum_of(block.counters) + sum_of(block.rx_drops) + sum_of(block.tx_drops);
                  std::this_thread::sleep_for(std::chrono::milliseconds(100));
              }
              if (sum == 0) std::fputs("nothing was counted\n", stderr);
          }) {}

  private:
    std::jthread thread_;
};

// Of the same packets: what wasn't forwarded though the other did, and outputs that were dropped.
std::uint64_t lost(const Product& plain, const Product& observed) {
    const auto forwarded = [](const Product& product) {
        return product.statistics()
            .counters[static_cast<std::size_t>(WorkerCounter::fanned_out)]
            .get();
    };
    return forwarded(plain) - forwarded(observed) + sum_of(observed.statistics().tx_drops);
}

// The same shape with and without somebody who looks on, in the same rounds: captured, and then
// with traces, rooms that come and go, and statistics that are read besides. The turns alone.
void measure_observed(Bench& bench, const Shape& shape) {
    Shape with = shape;
    with.observed = true;
    Shape busy = with;
    busy.bustle = true;
    Product plain(shape, bench.pools), observed(with, bench.pools), bustling(busy, bench.pools);
    const Poller poller(bustling.statistics());
    Rounds rounds;
    constexpr std::uint64_t kLongTurn = 10;  // of several traces
    const std::uint64_t inputs = kLongTurn * bench.inputs(shape.receivers);
    for (Product* product : {&plain, &observed, &bustling})
        rounds.add_timed([product](std::uint64_t n) { return product->run_timed(n); }, inputs);
    rounds.run(kRounds);
    const Spread captured = rounds.ratio_per_input(1, 0), all = rounds.ratio_per_input(2, 0);
    const std::uint64_t missing = lost(plain, observed) + lost(plain, bustling);
    bench.row(
        shape_fields(bench, "observed", shape) + ',' + fields("ns_per_input", rounds.per_input(0)) +
        ',' + fields("observed_ns_per_input", rounds.per_input(1)) + ',' +
        fields("ratio", captured) + ',' + fields("bustling_ns_per_input", rounds.per_input(2)) +
        ',' + fields("bustling_ratio", all) + ',' +
        field("records", static_cast<double>(bustling.records())) + ',' +
        field("rooms_gone", static_cast<double>(bustling.guests())) + ',' +
        field("lost", static_cast<double>(missing)));
    if (bench.prints())
        std::printf(
            "%10s %4u receivers: %8.1f ns per input, captured x %.3f (%.3f-%.3f), and traced, "
            "polled, rooms coming and going x %.3f (%.3f-%.3f), lost %llu; %llu records, %llu "
            "rooms\n",
            shape.unwanted ? "unwanted" : media_name(shape.media), shape.receivers,
            rounds.per_input(0).median, captured.median, captured.low, captured.high, all.median,
            all.low, all.high, static_cast<unsigned long long>(missing),
            static_cast<unsigned long long>(bustling.records()),
            static_cast<unsigned long long>(bustling.guests()));
}

}  // namespace

void measure_all_observed(Bench& bench) {
    for (const std::uint32_t receivers : {1u, 10u, 100u})
        measure_observed(bench, {.receivers = receivers});
    measure_observed(bench, {.receivers = 1, .unwanted = true});
}

}  // namespace strata::bench

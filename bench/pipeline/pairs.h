#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "bench/pipeline/stream.h"

namespace strata::bench {

// Of this thread.
double thread_cpu_ns();

// Nanoseconds that turn() took until `inputs` packets were through, 1,024 of them fed before the
// time begins: feed(n) takes up to kBurst, turn() as many.
template <typename Feed, typename Turn>
double timed_batches(std::uint64_t inputs, Feed feed, Turn turn) {
    constexpr std::uint64_t kBatch = 1'024;
    double ns = 0;
    while (inputs != 0) {
        const std::uint64_t batch = std::min(inputs, kBatch);
        for (std::uint64_t fed = 0; fed < batch; fed += kBurst)
            feed(static_cast<std::uint16_t>(std::min<std::uint64_t>(batch - fed, kBurst)));
        const double begin = thread_cpu_ns();
        for (std::uint64_t taken = 0; taken < batch; taken += kBurst) turn();
        ns += thread_cpu_ns() - begin;
        inputs -= batch;
    }
    return ns;
}

// Median of some runs, and the interval that holds it with at least 95 % by order statistics.
struct Spread {
    double median = 0, low = 0, high = 0, min = 0, max = 0;
};
Spread spread(std::vector<double> values);

// Runs of several loops, one after the other within each round, in thread CPU time. A machine whose
// speed wanders from round to round moves all loops of a round alike.
class Rounds {
  public:
    // A loop handles `inputs` packets and returns how many it sent.
    using Loop = std::function<std::uint64_t(std::uint64_t inputs)>;

    // A loop that says itself how many nanoseconds it took.
    using TimedLoop = std::function<double(std::uint64_t inputs)>;

    void add(Loop loop, std::uint64_t inputs_per_run);
    void add_timed(TimedLoop loop, std::uint64_t inputs_per_run);
    void run(int rounds);

    // Of loop `i`, in nanoseconds.
    Spread per_output(std::size_t i) const;
    Spread per_input(std::size_t i) const;
    // Cost of loop `a` over that of loop `b`, by round; per output.
    Spread ratio(std::size_t a, std::size_t b) const;
    Spread ratio_per_input(std::size_t a, std::size_t b) const;
    // Of the cheaper of `a` and `b` in each round, over loop `c`; per output.
    Spread ratio_of_cheaper(std::size_t a, std::size_t b, std::size_t c) const;

  private:
    struct Run {
        std::uint64_t outputs;
        double ns;
    };
    struct Measured {
        std::function<Run(std::uint64_t inputs)> loop;
        std::uint64_t inputs;
        std::vector<double> ns_per_output, ns_per_input;
    };
    std::vector<Measured> loops_;
};

}  // namespace strata::bench

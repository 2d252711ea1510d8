#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace strata::bench {

// Of this thread.
double thread_cpu_ns();

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

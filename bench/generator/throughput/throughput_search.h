#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace strata::gen {

// Up to which loss a load is carried. NDR: 0, PDR: 0.001.
struct SearchGoal {
    double loss_ratio = 0;
    // A load is carried when, over trials of `trial_s` that last `duration_sum_s` together, at most
    // this share of the time was in trials with more loss.
    double exceed_ratio = 0.5;
    double trial_s = 2, duration_sum_s = 6;
    double width = 0.05;  // of the interval between carried and not, as a share of the lower end
};

struct SearchRange {
    double min_load = 1.0 / 64, max_load = 1024, first_load = 1;
    bool whole = false;  // loads are whole numbers
    std::size_t max_trials = 150;
    int repeats = 2;  // of a trial in which the generator was the limit
};

struct TrialRequest {
    double load = 0, duration_s = 0;
    friend bool operator==(const TrialRequest&, const TrialRequest&) = default;
};

struct TrialVerdict {
    double load = 0, duration_s = 0;
    double loss_ratio = 0;  // 1: something worse than loss
    bool generator_limited = false;
};

// Who kept a goal from a higher load.
enum class LimitedBy : std::uint8_t { relay, generator, range, trials };

struct SearchResult {
    double lower = 0;  // highest load that is carried; 0: none
    double upper = 0;  // lowest above it that isn't; 0: none
    LimitedBy limited_by = LimitedBy::range;
};

// Which load to try next, in the manner of MLRsearch (draft-ietf-bmwg-mlrsearch): all goals share
// all trials, coarse short ones come before those that decide, bounds are found by doubling and
// then by halving the interval on a logarithmic scale. Knows no clock and no packets.
class ThroughputSearch {
  public:
    ThroughputSearch(std::vector<SearchGoal> goals, const SearchRange& range);

    // Nullopt: every goal has its result.
    std::optional<TrialRequest> next() const;
    void record(const TrialVerdict& verdict);
    SearchResult result(std::size_t goal) const;
    // Trials that count: those with a limited generator only when repeating them didn't help.
    const std::vector<TrialVerdict>& judged() const { return judged_; }

  private:
    // A goal, decided roughly or for good.
    struct Phase {
        SearchGoal goal;
        std::optional<std::size_t> hints;  // the phase whose bounds say where to begin
    };
    enum class Verdict : std::uint8_t { carried, not_carried, undecided };
    struct Bounds {
        double lower = 0, upper = 0;  // 0: none
    };

    Verdict verdict(const Phase& phase, double load) const;
    Bounds bounds(const Phase& phase) const;
    std::optional<double> choose(const Phase& phase) const;
    double above(const Bounds& known, const Bounds& hint) const;
    double below(const Bounds& known, const Bounds& hint) const;
    double between(const Phase& phase, const Bounds& known) const;
    bool narrow(const Phase& phase, const Bounds& known) const;
    double rounded(double load) const;
    const Phase& last_phase(std::size_t goal) const;

    SearchRange range_;
    std::size_t goals_;
    std::vector<Phase> phases_;
    std::vector<TrialVerdict> judged_;
    int repeated_ = 0;
    std::size_t trials_ = 0;
};

}  // namespace strata::gen

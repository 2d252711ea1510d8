#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "bench/generator/run.h"

namespace strata::gen {

struct RateSearchConfig {
    double loss_ratio = 0;  // 0: NDR, no packet may be lost; above: PDR, of the packets expected
    double trial_s = 2;     // at the offered load
    double max_multiplier = 64;
    double precision = 0.05;  // of the result
    int max_trials = 16;
    int repeats = 2;  // of a trial in which the generator was too slow
};

// One offered load and what became of it.
struct RateTrial {
    double multiplier = 1;
    double sent_pps = 0;      // by all publishers
    double received_pps = 0;  // by all receivers
    std::uint64_t lost = 0, expected = 0;
    // The generator itself was too slow: packets late, or lost at its own sockets. Says nothing of
    // the relay.
    bool generator_limited = false;
    bool passed = false;
};

// Which multiplier to try next: doubles until one fails, then halves the interval.
class RateSteps {
  public:
    explicit RateSteps(const RateSearchConfig& config) : config_(config) {}
    double multiplier() const { return multiplier_; }
    // What became of it. False: the search is over.
    bool record(bool passed);
    double best() const { return passed_; }  // 0: none passed

  private:
    RateSearchConfig config_;
    int trials_ = 0;
    double multiplier_ = 1, passed_ = 0, failed_ = 0;
};

// Binary search for the highest packet rate that the relay forwards without loss (RFC 2544 section
// 26.1, on one unbroken stream). Each trial sends at the plan's rate times a multiplier, then at
// the plan's own rate until everything under way has come. Synthetic publishers only: their rate
// can change.
class RateSearch final : public RunObserver {
  public:
    explicit RateSearch(const RateSearchConfig& config) : config_(config), steps_(config) {}

    bool poll(Run& run) override;
    // Best trial that passed; null: not even the plan's own rate did.
    const RateTrial* best() const;
    const std::vector<RateTrial>& trials() const { return trials_; }
    nlohmann::json report() const;

  private:
    struct Counts {
        std::uint64_t sent = 0, received = 0, lost = 0, expected = 0, own_faults = 0, late = 0;
    };
    enum class Phase : std::uint8_t { warm_up, load, rest };

    static Counts count(const Run& run);
    void begin_trial(Run& run, std::int64_t now_us);
    void end_load(Run& run, std::int64_t now_us);
    bool end_trial(Run& run);

    RateSearchConfig config_;
    RateSteps steps_;
    Phase phase_ = Phase::warm_up;
    std::int64_t phase_end_us_ = 0, load_began_us_ = 0;
    Counts before_, loaded_;
    double loaded_s_ = 0;
    int repeated_ = 0;
    std::vector<RateTrial> trials_;
};

}  // namespace strata::gen

#include "bench/generator/throughput/throughput_search.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace strata::gen {
namespace {

constexpr double kStride = 2;          // while nothing is known
constexpr double kShortStride = 1.25;  // beyond a bound that short trials suggested
constexpr double kCoarseTrials = 4;    // a coarse trial is this much shorter
constexpr double kCoarseWidth = 2;     // and its interval this much wider
constexpr double kSlack = 0.99;        // a trial that ended a little early is a whole one

bool same(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(a, b); }

}  // namespace

ThroughputSearch::ThroughputSearch(std::vector<SearchGoal> goals, const SearchRange& range)
    : range_(range), goals_(goals.size()) {
    for (SearchGoal goal : goals) {
        goal.trial_s /= kCoarseTrials;
        goal.duration_sum_s = goal.trial_s;
        goal.width *= kCoarseWidth;
        const auto before = phases_.empty() ? std::nullopt : std::optional(phases_.size() - 1);
        phases_.push_back({goal, before});
    }
    for (const SearchGoal& goal : goals) phases_.push_back({goal, phases_.size() - goals_});
}

std::optional<TrialRequest> ThroughputSearch::next() const {
    if (trials_ >= range_.max_trials) return std::nullopt;
    for (const Phase& phase : phases_)
        if (const auto load = choose(phase)) return TrialRequest{*load, phase.goal.trial_s};
    return std::nullopt;
}

void ThroughputSearch::record(const TrialVerdict& verdict) {
    ++trials_;
    // A machine that was busy for a moment proves nothing.
    if (verdict.generator_limited && repeated_++ < range_.repeats) return;
    repeated_ = 0;
    judged_.push_back(verdict);
}

ThroughputSearch::Verdict ThroughputSearch::verdict(const Phase& phase, double load) const {
    double good_s = 0, bad_s = 0;
    for (const TrialVerdict& t : judged_) {
        if (!same(t.load, load) || t.duration_s < phase.goal.trial_s * kSlack) continue;
        const bool bad = t.generator_limited || t.loss_ratio > phase.goal.loss_ratio;
        (bad ? bad_s : good_s) += t.duration_s;
    }
    const double whole_s = std::max(phase.goal.duration_sum_s * kSlack, good_s + bad_s);
    const double open_s = whole_s - good_s - bad_s;
    if (bad_s > phase.goal.exceed_ratio * whole_s) return Verdict::not_carried;
    // All trials are wanted even when the rest can't change it: they give the spread.
    return open_s > 0 ? Verdict::undecided : Verdict::carried;
}

ThroughputSearch::Bounds ThroughputSearch::bounds(const Phase& phase) const {
    std::set<double> loads;
    for (const TrialVerdict& t : judged_) loads.insert(t.load);
    Bounds found;
    for (const double load : loads) {
        const Verdict v = verdict(phase, load);
        if (v == Verdict::carried) found.lower = load;
        if (v != Verdict::not_carried) continue;
        found.upper = load;
        break;
    }
    return found;
}

std::optional<double> ThroughputSearch::choose(const Phase& phase) const {
    const Bounds known = bounds(phase);
    const Bounds hint = phase.hints ? bounds(phases_[*phase.hints]) : Bounds{};
    if (known.lower == 0 && known.upper == 0) {
        if (hint.lower > 0) return hint.lower;
        return hint.upper > 0 ? rounded(range_.min_load) : rounded(range_.first_load);
    }
    if (known.upper == 0) {
        if (known.lower >= range_.max_load || same(known.lower, range_.max_load)) return {};
        return above(known, hint);
    }
    if (known.lower == 0) {
        if (known.upper <= range_.min_load || same(known.upper, range_.min_load)) return {};
        return below(known, hint);
    }
    if (narrow(phase, known)) return {};
    return between(phase, known);
}

double ThroughputSearch::above(const Bounds& known, const Bounds& hint) const {
    if (hint.upper > known.lower && !same(hint.upper, known.lower)) return hint.upper;
    const double stride = hint.upper > 0 ? kShortStride : kStride;
    return std::min(rounded(std::max(known.lower * stride, known.lower + (range_.whole ? 1 : 0))),
                    range_.max_load);
}

double ThroughputSearch::below(const Bounds& known, const Bounds& hint) const {
    if (hint.lower > 0 && hint.lower < known.upper && !same(hint.lower, known.upper))
        return hint.lower;
    const double stride = hint.lower > 0 ? kShortStride : kStride;
    const double load = range_.whole ? std::min(rounded(known.upper / stride), known.upper - 1)
                                     : known.upper / stride;
    return std::max(load, range_.min_load);
}

double ThroughputSearch::between(const Phase& phase, const Bounds& known) const {
    // One that was begun is decided first.
    for (const TrialVerdict& t : judged_)
        if (t.load > known.lower && t.load < known.upper && !same(t.load, known.lower) &&
            !same(t.load, known.upper) && t.duration_s >= phase.goal.trial_s * kSlack &&
            verdict(phase, t.load) == Verdict::undecided)
            return t.load;
    const double middle = std::sqrt(known.lower * known.upper);
    if (!range_.whole) return middle;
    return std::clamp(std::round(middle), known.lower + 1, known.upper - 1);
}

bool ThroughputSearch::narrow(const Phase& phase, const Bounds& known) const {
    if (range_.whole && known.upper - known.lower <= 1) return true;
    return known.upper - known.lower <= phase.goal.width * known.lower;
}

double ThroughputSearch::rounded(double load) const {
    return range_.whole ? std::max(std::round(load), 1.0) : load;
}

const ThroughputSearch::Phase& ThroughputSearch::last_phase(std::size_t goal) const {
    return phases_[goals_ + goal];
}

SearchResult ThroughputSearch::result(std::size_t goal) const {
    const Phase& phase = last_phase(goal);
    const Bounds found = bounds(phase);
    SearchResult result{found.lower, found.upper, LimitedBy::range};
    if (choose(phase)) {
        result.limited_by = LimitedBy::trials;
        return result;
    }
    if (found.upper == 0) return result;
    bool generator = false;
    for (const TrialVerdict& t : judged_) {
        if (!same(t.load, found.upper) || t.duration_s < phase.goal.trial_s * kSlack) continue;
        generator = generator || t.generator_limited;
    }
    result.limited_by = generator ? LimitedBy::generator : LimitedBy::relay;
    return result;
}

}  // namespace strata::gen

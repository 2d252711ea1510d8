#include "bench/generator/rate_search.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace strata::gen {
namespace {

constexpr std::int64_t kWarmUp_us = 1'500'000, kRest_us = 500'000;

}  // namespace

bool RateSteps::record(bool passed) {
    (passed ? passed_ : failed_) = multiplier_;
    if (++trials_ >= config_.max_trials || passed_ == 0) return false;
    if (failed_ == 0) {
        if (multiplier_ >= config_.max_multiplier) return false;
        multiplier_ = std::min(multiplier_ * 2, config_.max_multiplier);
        return true;
    }
    if (failed_ - passed_ <= config_.precision * passed_) return false;
    multiplier_ = (passed_ + failed_) / 2;
    return true;
}

RateSearch::Counts RateSearch::count(const Run& run) {
    Counts c;
    for (std::size_t i = 0; i < run.publisher_count(); ++i) {
        c.sent += run.publisher(i).totals().packets;
        c.late += run.publisher(i).totals().late_packets;
    }
    for (const Run::ReceiverEnd& end : run.receivers()) {
        c.received += end.receiver->totals().packets;
        c.lost += end.receiver->sequence().lost();
        c.expected += end.receiver->sequence().expected();
    }
    const IoCounters io = run.io_counters();
    c.own_faults = io.send_failed + io.receive_dropped;
    return c;
}

bool RateSearch::poll(Run& run) {
    const std::int64_t now_us = monotonic_us();
    if (phase_end_us_ == 0) phase_end_us_ = now_us + kWarmUp_us;
    if (now_us < phase_end_us_) return true;
    switch (phase_) {
        case Phase::warm_up: begin_trial(run, now_us); return true;
        case Phase::load: end_load(run, now_us); return true;
        case Phase::rest: break;
    }
    if (!end_trial(run)) return false;
    begin_trial(run, now_us);
    return true;
}

void RateSearch::begin_trial(Run& run, std::int64_t now_us) {
    before_ = count(run);
    run.set_rate(steps_.multiplier());
    phase_ = Phase::load;
    load_began_us_ = now_us;
    phase_end_us_ = now_us + static_cast<std::int64_t>(config_.trial_s * 1e6);
}

void RateSearch::end_load(Run& run, std::int64_t now_us) {
    loaded_ = count(run);
    loaded_s_ = static_cast<double>(now_us - load_began_us_) / 1e6;
    run.set_rate(1);
    phase_ = Phase::rest;
    phase_end_us_ = now_us + kRest_us;
}

bool RateSearch::end_trial(Run& run) {
    const Counts after = count(run);
    RateTrial trial;
    trial.multiplier = steps_.multiplier();
    trial.sent_pps = static_cast<double>(loaded_.sent - before_.sent) / loaded_s_;
    trial.received_pps = static_cast<double>(loaded_.received - before_.received) / loaded_s_;
    trial.lost = after.lost - std::min(before_.lost, after.lost);
    trial.expected = after.expected - before_.expected;
    const double late = static_cast<double>(loaded_.late - before_.late);
    trial.generator_limited = after.own_faults != before_.own_faults ||
                              late > kLateShare * static_cast<double>(loaded_.sent - before_.sent);
    const double allowed = config_.loss_ratio * static_cast<double>(trial.expected);
    trial.passed = trial.expected > 0 && !trial.generator_limited &&
                   static_cast<double>(trial.lost) <= allowed;
    trials_.push_back(trial);
    // A machine that was busy for a moment proves nothing.
    if (trial.generator_limited && repeated_++ < config_.repeats) return true;
    repeated_ = 0;
    return steps_.record(trial.passed);
}

const RateTrial* RateSearch::best() const {
    const RateTrial* best = nullptr;
    for (const RateTrial& trial : trials_)
        if (trial.passed && (best == nullptr || trial.multiplier > best->multiplier)) best = &trial;
    return best;
}

nlohmann::json RateSearch::report() const {
    nlohmann::json json{{"kind", config_.loss_ratio == 0 ? "NDR" : "PDR"},
                        {"loss_ratio", config_.loss_ratio},
                        {"trial_s", config_.trial_s},
                        {"trials", nlohmann::json::array()}};
    for (const RateTrial& t : trials_)
        json["trials"].push_back({{"multiplier", t.multiplier},
                                  {"sent_pps", t.sent_pps},
                                  {"received_pps", t.received_pps},
                                  {"lost", t.lost},
                                  {"expected", t.expected},
                                  {"generator_limited", t.generator_limited},
                                  {"passed", t.passed}});
    const RateTrial* found = best();
    json["ok"] = found != nullptr;
    json["sent_pps"] = found == nullptr ? 0 : found->sent_pps;
    json["received_pps"] = found == nullptr ? 0 : found->received_pps;
    // The lowest failure above the result: whose limit it is.
    json["limited_by"] = "nothing";
    double lowest = 0;
    for (const RateTrial& t : trials_) {
        const bool above = found == nullptr || t.multiplier > found->multiplier;
        if (t.passed || !above || (lowest != 0 && t.multiplier > lowest)) continue;
        lowest = t.multiplier;
        json["limited_by"] = t.generator_limited ? "generator" : "relay";
    }
    return json;
}

}  // namespace strata::gen

#include "bench/generator/throughput/bench.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/generator/run.h"
#include "bench/generator/target.h"

namespace strata::gen {
namespace {

const std::vector<BenchGoal> kGoals{{"NDR", 0}, {"PDR", 0.001}};
constexpr std::size_t kPdr = 1;
constexpr double kIdle = 0.01, kIdleMultiplier = 0.05, kIdle_s = 4;
constexpr double kPlanPatience_s = 5;

std::vector<SearchGoal> search_goals(const BenchConfig& config) {
    std::vector<SearchGoal> goals;
    for (const BenchGoal& goal : kGoals) {
        SearchGoal one;
        one.loss_ratio = goal.loss_ratio;
        one.trial_s = config.trial_s;
        one.duration_sum_s = config.trial_s * config.trials;
        one.width = config.width;
        goals.push_back(one);
    }
    return goals;
}

TrialVerdict verdict_of(const LoadTrial& trial) {
    // A packet that nobody asked for is worse than a lost one: no load counts with it.
    const double loss = trial.counts.faults() > 0 ? 1 : trial.loss_ratio();
    return {trial.load, trial.asked_s, loss, trial.generator_limited()};
}

void conclude(const ThroughputSearch& search, double trial_s, BenchSearch& out) {
    for (std::size_t i = 0; i < kGoals.size(); ++i) {
        BenchSearch::Found found{kGoals[i], search.result(i), {}, {}, 0};
        for (const LoadTrial& t : out.trials) {
            if (t.load != found.result.lower || t.asked_s < trial_s * 0.99) continue;
            found.sent_pps.push_back(t.sent_pps);
            found.received_pps.push_back(t.received_pps);
        }
        std::ranges::sort(found.sent_pps);
        std::ranges::sort(found.received_pps);
        out.found.push_back(std::move(found));
    }
}

using Measure = std::function<LoadTrial(const TrialRequest&)>;

void search_over(const BenchConfig& config, const SearchRange& range, const Measure& measure,
                 const BenchProgress& progress, BenchSearch& out) {
    ThroughputSearch search(search_goals(config), range);
    while (const auto request = search.next()) {
        LoadTrial trial = measure(*request);
        trial.load = request->load;
        search.record(verdict_of(trial));
        progress(out.dimension, trial);
        out.trials.push_back(std::move(trial));
    }
    conclude(search, config.trial_s, out);
}

BenchSearch search_packets(const BenchConfig& config, Load& load, const BenchProgress& progress) {
    BenchSearch out{.dimension = "packets", .unit = "times the rate"};
    SearchRange range;
    range.min_load = config.min_multiplier;
    range.max_load = config.max_multiplier;
    range.first_load = std::min(range.first_load, range.max_load);
    search_over(
        config, range, [&](const TrialRequest& r) { return load.measure(r.load, r.duration_s); },
        progress, out);
    return out;
}

BenchSearch search_receivers(const BenchConfig& config, Stage& stage, Load& load,
                             const BenchProgress& progress) {
    BenchSearch out{.dimension = "receivers", .unit = config.stage.preset.scale};
    SearchRange range;
    range.min_load = 1;
    range.max_load = config.max_units;
    range.first_load = std::min(config.stage.preset.units(), config.max_units);
    range.whole = true;
    Preset one = config.stage.preset;
    const auto receivers_of = [&](double units) {
        one.set_units(static_cast<std::uint32_t>(units));
        return one.receivers();
    };
    search_over(
        config, range,
        [&](const TrialRequest& r) {
            stage.set_churn(false);
            stage.set_units(static_cast<std::uint32_t>(r.load));
            stage.set_churn(true);
            return load.measure(1, r.duration_s);
        },
        progress, out);
    for (BenchSearch::Found& f : out.found)
        if (f.result.lower > 0) f.receivers = receivers_of(f.result.lower);
    return out;
}

BenchLatency latency_at(const std::string& at, double multiplier, double seconds, Load& load) {
    return {at, load.measure(multiplier, seconds)};
}

// At shares of what was found over offered packets, and idle: last, since the next picture of a
// publisher that was slowed down may be a while away.
std::vector<BenchLatency> measure_latency(const BenchConfig& config, double pdr, Load& load) {
    std::vector<BenchLatency> out;
    for (const double share : {0.1, 0.5, 0.9})
        out.push_back(latency_at(fmt::format("{:.0f} % of PDR", share * 100),
                                 std::max(pdr * share, config.min_multiplier), config.trial_s,
                                 load));
    out.insert(out.begin(), latency_at("idle", std::max(pdr * kIdle, kIdleMultiplier),
                                       std::max(config.trial_s, kIdle_s), load));
    return out;
}

void refuse(BenchReport& report) {
    if (!report.generator.ok())
        report.refused = "the generator's self-test failed: it loses its own packets";
    for (const BenchSearch& s : report.searches)
        for (const BenchSearch::Found& f : s.found)
            if (report.refused.empty() && f.result.limited_by == LimitedBy::generator)
                report.refused = fmt::format(
                    "the generator itself was the limit ({} over {}): it was late, lost packets "
                    "at its own sockets, or had no time left; give it cores of its own",
                    f.goal.name, s.dimension);
}

void search_all(const BenchConfig& config, Stage* stage, Load& load, const BenchProgress& progress,
                BenchReport& report) {
    if (config.packets) {
        report.searches.push_back(search_packets(config, load, progress));
        const double pdr = report.searches.back().found[kPdr].result.lower;
        if (config.latency && pdr > 0) report.latencies = measure_latency(config, pdr, load);
    }
    if (config.receivers && stage != nullptr)
        report.searches.push_back(search_receivers(config, *stage, load, progress));
    refuse(report);
}

}  // namespace

BenchReport bench_preset(const BenchConfig& config, RelayApi& api, PacketIo& io,
                         const BenchProgress& progress) {
    BenchReport report;
    report.subject = config.stage.preset.name;
    report.generator = check_generator(io);
    Load load(io);
    Stage stage(config.stage, api, load, io);
    stage.set_units(config.stage.preset.units());
    stage.set_churn(true);
    search_all(config, &stage, load, progress, report);
    report.joined = stage.joined();
    report.left = stage.left();
    report.layer_changes = stage.layer_changes();
    return report;
}

BenchReport bench_plan(const BenchConfig& config, const Plan& plan, PacketIo& io,
                       const BenchProgress& progress) {
    BenchReport report;
    report.subject = plan.path;
    report.generator = check_generator(io);
    Load load(io);
    for (std::size_t i = 0; i < plan.publishers.size(); ++i) {
        const PublisherPlan& p = plan.publishers[i];
        if (p.profile.empty())
            throw PlanError("bench: publishers must be profiles: a capture has one rate");
        load.add_publisher(make_source(plan, i), io.open(p.local), p.remote);
    }
    for (const ReceiverPlan& r : plan.receivers) {
        FlowConfig flow;
        while (plan.publishers[flow.publisher].id != r.track) ++flow.publisher;
        const TrackDescription& track = load.track(flow.publisher);
        const auto target = parse_target(r.targets.front().target, track);
        if (!target) throw PlanError(r.id + ": no target of its track");
        flow.endpoint = io.open(r.local);
        flow.remote = r.remote;
        flow.ssrc = r.ssrc;
        flow.own_ssrc = 0x4754'0000u + static_cast<std::uint32_t>(load.flow_count());
        flow.video = !track.is_audio();
        flow.target = *target;
        load.add_flow(flow);
    }
    const std::int64_t until_us = monotonic_us() + static_cast<std::int64_t>(kPlanPatience_s * 1e6);
    load.run_while([&] { return load.silent_flows() > 0 && monotonic_us() < until_us; });
    search_all(config, nullptr, load, progress, report);
    return report;
}

}  // namespace strata::gen

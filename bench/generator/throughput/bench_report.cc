#include "bench/generator/throughput/bench_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace strata::gen {
namespace {

using nlohmann::json;

constexpr const char* kSchema = "strata-gen-bench-1";

const char* limited_by_name(LimitedBy by) {
    switch (by) {
        case LimitedBy::relay: return "relay";
        case LimitedBy::generator: return "generator";
        case LimitedBy::range: return "range";
        case LimitedBy::trials: return "trials";
    }
    return "";
}

double median(const std::vector<double>& sorted) {
    if (sorted.empty()) return 0;
    const std::size_t n = sorted.size();
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

json spread_json(const std::vector<double>& sorted) {
    if (sorted.empty()) return nullptr;
    return {{"median", median(sorted)},
            {"min", sorted.front()},
            {"max", sorted.back()},
            {"trials", sorted.size()}};
}

json counts_json(const LoadTrial& t) {
    return {
        {"duplicates", t.counts.duplicates},         {"reordered", t.counts.reordered},
        {"sequence_jumps", t.counts.jumps},          {"gaps", t.counts.lost},
        {"illegal_layers", t.counts.illegal_layers}, {"foreign_content", t.counts.foreign_content},
        {"unreadable", t.counts.unreadable}};
}

json trial_json(const LoadTrial& t) {
    return {{"load", t.load},
            {"multiplier", t.multiplier},
            {"duration_s", t.duration_s},
            {"sent_pps", t.sent_pps},
            {"received_pps", t.received_pps},
            {"expected", t.expected},
            {"lost", t.lost},
            {"checks", counts_json(t)},
            {"stray_packets", t.stray},
            {"generator",
             {{"limited", t.generator_limited()},
              {"late_packets", t.late_packets},
              {"send_failed", t.send_failed},
              {"receive_dropped", t.receive_dropped},
              {"busy_share", t.busy_share},
              {"starved_share", t.starved_share}}}};
}

// A goal that the generator kept from its load has no figures, whatever the others have.
json found_json(const BenchSearch::Found& f, bool refused) {
    json out{{"name", f.goal.name},
             {"loss_ratio", f.goal.loss_ratio},
             {"limited_by", limited_by_name(f.result.limited_by)}};
    const bool told = f.result.lower > 0 && !refused;
    out["load"] = told ? json(f.result.lower) : json(nullptr);
    out["load_not_carried"] = told && f.result.upper > 0 ? json(f.result.upper) : json(nullptr);
    out["sent_pps"] = told ? spread_json(f.sent_pps) : json(nullptr);
    out["received_pps"] = told ? spread_json(f.received_pps) : json(nullptr);
    if (f.receivers > 0) out["receivers"] = told ? json(f.receivers) : json(nullptr);
    return out;
}

json latency_json(const BenchLatency& l, const GeneratorCheck& generator) {
    json out{{"at", l.at},
             {"multiplier", l.trial.multiplier},
             {"received_pps", l.trial.received_pps},
             {"packets", l.trial.latency.count()},
             {"lost", l.trial.lost},
             {"bias_us", generator.bias_p50_us}};
    if (l.trial.latency.count() == 0) {
        out["raw"] = out["corrected"] = nullptr;
        return out;
    }
    const auto both = [&](const char* name, double fraction) {
        const std::int64_t raw = l.trial.latency.quantile_us(fraction);
        out["raw"][name] = raw;
        out["corrected"][name] = std::max<std::int64_t>(raw - generator.bias_p50_us, 0);
    };
    both("p50_us", 0.5);
    both("p99_us", 0.99);
    both("p999_us", 0.999);
    both("max_us", 1);
    return out;
}

std::string found_line(const BenchSearch& s, const BenchSearch::Found& f) {
    if (f.result.lower == 0)
        return fmt::format("  {}: not even {:.3g} {} (limited by the {})\n", f.goal.name,
                           f.result.upper, s.unit, limited_by_name(f.result.limited_by));
    std::string out = fmt::format("  {} ({:.4g} % loss): {:.4g} {}", f.goal.name,
                                  f.goal.loss_ratio * 100, f.result.lower, s.unit);
    if (f.receivers > 0) out += fmt::format(" = {} receivers", f.receivers);
    out += fmt::format(", {:.0f} packets/s in, {:.0f} out (median of {}; {:.0f} to {:.0f})",
                       median(f.sent_pps), median(f.received_pps), f.received_pps.size(),
                       f.received_pps.empty() ? 0 : f.received_pps.front(),
                       f.received_pps.empty() ? 0 : f.received_pps.back());
    if (f.result.upper > 0) out += fmt::format("; {:.4g} is too much", f.result.upper);
    return out + fmt::format("; limit: {}\n", limited_by_name(f.result.limited_by));
}

}  // namespace

json bench_json(const BenchReport& report) {
    const bool refused = !report.refused.empty();
    json out{{"schema", kSchema},
             {"ok", bench_ok(report)},
             {"subject", report.subject},
             {"refused", refused ? json(report.refused) : json(nullptr)},
             {"generator", to_json(report.generator)},
             {"churn",
              {{"joined", report.joined},
               {"left", report.left},
               {"layer_changes", report.layer_changes}}}};
    out["searches"] = json::array();
    for (const BenchSearch& s : report.searches) {
        json one{{"dimension", s.dimension}, {"unit", s.unit}};
        for (const BenchSearch::Found& f : s.found) one["goals"].push_back(found_json(f, refused));
        one["trials"] = json::array();
        for (const LoadTrial& t : s.trials) one["trials"].push_back(trial_json(t));
        out["searches"].push_back(one);
    }
    out["latency"] = json::array();
    if (!refused)
        for (const BenchLatency& l : report.latencies)
            out["latency"].push_back(latency_json(l, report.generator));
    return out;
}

std::string bench_table(const BenchReport& report) {
    const GeneratorCheck& g = report.generator;
    std::string out = fmt::format(
        "{}\ngenerator: {} of {} packets lost in its self-test, {} wrong; {:.0f} ns of its thread "
        "per packet, {} µs of latency of its own\n",
        report.subject, g.lost, g.sent, g.faults, g.ns_per_packet, g.bias_p50_us);
    if (!report.refused.empty()) return out + "REFUSED, no figures: " + report.refused + "\n";
    for (const BenchSearch& s : report.searches) {
        out += fmt::format("over {}, {} trials\n", s.dimension, s.trials.size());
        for (const BenchSearch::Found& f : s.found) out += found_line(s, f);
    }
    if (!report.latencies.empty())
        out += fmt::format("latency, the generator's own {} µs taken off\n", g.bias_p50_us);
    for (const BenchLatency& l : report.latencies) {
        const auto corrected = [&](double fraction) {
            return std::max<std::int64_t>(l.trial.latency.quantile_us(fraction) - g.bias_p50_us, 0);
        };
        if (l.trial.latency.count() == 0) {
            out += fmt::format("  {:<12} nothing came in time\n", l.at);
            continue;
        }
        out += fmt::format(
            "  {:<12} {:>9.0f} packets/s   p50 {:>6} µs   p99 {:>6} µs   "
            "p99.9 {:>6} µs   max {:>6} µs\n",
            l.at, l.trial.received_pps, corrected(0.5), corrected(0.99), corrected(0.999),
            corrected(1));
    }
    if (report.joined + report.layer_changes > 0)
        out += fmt::format("churn: {} joined, {} left, {} changes of layers\n", report.joined,
                           report.left, report.layer_changes);
    return out;
}

std::string trial_line(const std::string& dimension, const LoadTrial& t) {
    return fmt::format(
        "{:<9} {:>8.3f}  {:>4.1f} s  {:>8.0f} in  {:>9.0f} out  {:>7} lost  {:>5} wrong  "
        "busy {:>3.0f} %{}{}\n",
        dimension, t.load, t.duration_s, t.sent_pps, t.received_pps, t.lost, t.counts.faults(),
        t.busy_share * 100,
        t.starved_share >= 0.01 ? fmt::format(", starved {:.0f} %", t.starved_share * 100) : "",
        t.generator_limited() ? "  generator was the limit" : "");
}

bool bench_ok(const BenchReport& report) {
    return report.refused.empty() && !report.searches.empty() &&
           std::ranges::all_of(report.searches, [](const BenchSearch& s) {
               return std::ranges::all_of(s.found,
                                          [](const auto& f) { return f.result.lower > 0; });
           });
}

}  // namespace strata::gen

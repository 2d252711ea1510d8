#include "control/cli/rates.h"

#include <nlohmann/json.hpp>

#include "control/cli/table.h"

namespace strata::control::cli {
namespace {

Counters read_counters(const Json& object, const char* name) {
    Counters counters;
    const auto found = object.find(name);
    if (found == object.end() || !found->is_object()) return counters;
    for (const auto& counter : found->items()) {
        if (!counter.value().is_number_unsigned()) continue;
        counters[counter.key()] = counter.value().get<std::uint64_t>();
    }
    return counters;
}

bool is_gauge(std::string_view name) {
    return name == "queued" || name == "history_packets" || name.ends_with("_max");
}

}  // namespace

CounterSample read_sample(const Json& stats) {
    CounterSample sample;
    if (!stats.is_object()) return sample;
    sample.total = read_counters(stats, "total");
    if (const auto total = stats.find("total"); total != stats.end() && total->is_object()) {
        for (const auto& counter : total->items()) {
            if (sample.total.contains(counter.key())) sample.names.push_back(counter.key());
        }
    }
    if (const auto at = stats.find("sampled_at_us");
        at != stats.end() && at->is_number_unsigned()) {
        sample.sampled_at_us = at->get<std::uint64_t>();
    }
    if (const auto workers = stats.find("workers"); workers != stats.end() && workers->is_array()) {
        for (const Json& worker : *workers) {
            sample.workers[field_text(worker, "worker")] = read_counters(worker, "counters");
        }
    }
    return sample;
}

double seconds_between(const CounterSample& before, const CounterSample& now) {
    if (now.sampled_at_us <= before.sampled_at_us) return 0;
    return static_cast<double>(now.sampled_at_us - before.sampled_at_us) / 1e6;
}

std::string rate_text(std::string_view name, const Counters& before, const Counters& now,
                      double seconds) {
    const auto earlier = before.find(name);
    const auto later = now.find(name);
    if (earlier == before.end() || later == now.end() || seconds <= 0) return {};
    if (is_gauge(name) || later->second < earlier->second) return {};
    const double rate = static_cast<double>(later->second - earlier->second) / seconds;
    if (name.ends_with("_bytes")) return bit_rate(rate * 8);
    return grouped(static_cast<std::uint64_t>(rate + 0.5));
}

}  // namespace strata::control::cli

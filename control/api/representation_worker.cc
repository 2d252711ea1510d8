#include <nlohmann/json.hpp>

#include "control/api/representation.h"
#include "control/api/timestamp.h"

// One worker: how its loop goes.
namespace strata::control {
namespace {

using nlohmann::ordered_json;

// Null: there is nothing to divide by.
ordered_json ratio(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? ordered_json(nullptr)
                      : ordered_json(static_cast<double>(part) / static_cast<double>(whole));
}

ordered_json histogram_json(const api::HistogramValues& values) {
    ordered_json buckets = ordered_json::array();
    for (std::size_t i = 0; i < values.size(); ++i)
        if (values[i] != 0)
            buckets.push_back({{"from", api::histogram_lower_bound(i)},
                               {"to", api::histogram_upper_bound(i)},
                               {"count", values[i]}});
    return {{"count", api::histogram_count(values)},
            {"p50", api::histogram_quantile(values, 500)},
            {"p90", api::histogram_quantile(values, 900)},
            {"p99", api::histogram_quantile(values, 990)},
            {"p999", api::histogram_quantile(values, 999)},
            {"buckets", std::move(buckets)}};
}

ordered_json loop_json(const api::WorkerSnapshot& worker, std::uint64_t tsc_hz) {
    using api::WorkerCounter;
    const std::uint64_t busy = worker[WorkerCounter::busy_cycles];
    const std::uint64_t idle = worker[WorkerCounter::idle_cycles];
    const std::uint64_t asleep = worker[WorkerCounter::sleep_cycles];
    const std::uint64_t busy_turns = worker[WorkerCounter::turns_busy];
    const std::uint64_t idle_turns = worker[WorkerCounter::turns_idle];
    return {{"tsc_hz", tsc_hz},
            {"busy_turns", busy_turns},
            {"idle_turns", idle_turns},
            {"sleeps", worker[WorkerCounter::sleeps]},
            {"busy_share", ratio(busy, busy + idle + asleep)},
            {"sleep_share", ratio(asleep, busy + idle + asleep)},
            {"cycles_per_packet",
             ratio(busy, worker[WorkerCounter::rx_packets] + worker[WorkerCounter::handed_in])},
            {"cycles_per_busy_turn", ratio(busy, busy_turns)},
            {"cycles_per_idle_turn", ratio(idle, idle_turns)},
            {"turn_ns_max", worker[WorkerCounter::turn_ns_max]},
            {"rx_tx_ns_max", worker[WorkerCounter::rx_tx_ns_max]},
            {"preemptions", worker[WorkerCounter::preemptions]},
            {"preempted_us", worker[WorkerCounter::preempted_us]},
            {"turn_overruns", worker[WorkerCounter::turn_overruns]},
            {"packets_per_burst", histogram_json(worker.burst_packets)},
            {"turn_ns", histogram_json(worker.turn_ns)},
            {"rx_tx_ns", histogram_json(worker.rx_tx_ns)}};
}

}  // namespace

ordered_json Representation::worker(std::uint32_t id) const {
    const auto snapshots = statistics_.workers();
    ordered_json worker = worker_summary(id, snapshots);
    worker["loop"] = nullptr;
    for (const api::WorkerSnapshot& snapshot : snapshots)
        if (snapshot.id == core_of(id)) worker["loop"] = loop_json(snapshot, statistics_.tsc_hz());
    worker["sampled_at"] = timestamp_text(unix_ms());
    return worker;
}

ordered_json Representation::worker_turns(std::uint32_t id) const {
    const std::int64_t now_us = statistics_.now_us(), now_ms = unix_ms();
    ordered_json items = ordered_json::array();
    for (const api::TurnRecord& turn : statistics_.turns(core_of(id))) {
        const std::int64_t age_us = now_us - static_cast<std::int64_t>(turn.begin_us);
        items.push_back({{"number", turn.number},
                         {"at", timestamp_text(now_ms - age_us / 1000)},
                         {"begin_us", turn.begin_us},
                         {"begin_tsc", turn.begin_tsc},
                         {"duration_us", static_cast<double>(turn.duration_ns) / 1000},
                         {"gap_us", static_cast<double>(turn.gap_ns) / 1000},
                         {"received", turn.received},
                         {"sent", turn.sent},
                         {"timers", turn.timers},
                         {"commands", turn.commands}});
    }
    return {{"items", std::move(items)}, {"next", nullptr}, {"sampled_at", timestamp_text(now_ms)}};
}

}  // namespace strata::control

#include "dataplane/server/telemetry.h"

#include <rte_telemetry.h>

#include <charconv>
#include <mutex>
#include <string>
#include <string_view>

#include "dataplane/api/histogram_summary.h"

namespace strata::dataplane {
namespace {

using api::ObjectValue;
using api::StatisticsKind;

// Read by the telemetry thread; the lock is between that and the main thread alone.
std::mutex segment_mutex;
api::StatisticsSegment* segment = nullptr;

constexpr int kMaxListed = 128;  // an answer has at most RTE_TEL_MAX_DICT_ENTRIES (256) entries

void add(rte_tel_data* to, const std::string& name, std::uint64_t value) {
    rte_tel_data_add_dict_u64(to, name.c_str(), value);
}

int workers(const char*, const char*, rte_tel_data* out) {
    rte_tel_data_start_dict(out);
    const std::lock_guard lock(segment_mutex);
    if (!segment) return 0;
    add(out, "workers", segment->header().worker_count);
    constexpr std::uint32_t kShown = 16;
    for (std::uint32_t i = 0; i < segment->header().worker_count && i < kShown; ++i) {
        api::WorkerBlock& worker = segment->worker(i);
        const std::string prefix = "worker" + std::to_string(i) + "_";
        rte_tel_data_add_dict_int(out, (prefix + "cpu").c_str(), worker.cpu);
        for (const api::WorkerCounter counter :
             {api::WorkerCounter::rx_packets, api::WorkerCounter::fanned_out,
              api::WorkerCounter::sent, api::WorkerCounter::queued, api::WorkerCounter::turns_busy,
              api::WorkerCounter::turns_idle, api::WorkerCounter::preemptions})
            add(out, prefix + name(counter), worker[counter].get());
    }
    return 0;
}

// Null: there is no such worker. The segment is locked by the caller.
api::WorkerBlock* find_worker(const char* parameters) {
    const std::string_view text = parameters ? parameters : "";
    std::uint32_t index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !segment ||
        index >= segment->header().worker_count)
        return nullptr;
    return &segment->worker(index);
}

int worker(const char*, const char* parameters, rte_tel_data* out) {
    const std::lock_guard lock(segment_mutex);
    api::WorkerBlock* found = find_worker(parameters);
    if (!found) return -1;
    rte_tel_data_start_dict(out);
    api::WorkerBlock& block = *found;
    for (std::size_t i = 0; i < block.counters.size(); ++i)
        add(out, name(static_cast<api::WorkerCounter>(i)), block.counters[i].get());
    for (std::size_t i = 0; i < block.rx_drops.size(); ++i)
        add(out, std::string("rx_drop_") + name(static_cast<api::RxDrop>(i)),
            block.rx_drops[i].get());
    for (std::size_t i = 0; i < block.tx_drops.size(); ++i)
        add(out, std::string("tx_drop_") + name(static_cast<api::TxDrop>(i)),
            block.tx_drops[i].get());
    return 0;
}

void add_histogram(rte_tel_data* out, const std::string& prefix, const api::Histogram& histogram) {
    api::HistogramValues values;
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = histogram[i].get();
    add(out, prefix + "_count", api::histogram_count(values));
    add(out, prefix + "_p50", api::histogram_quantile(values, 500));
    add(out, prefix + "_p90", api::histogram_quantile(values, 900));
    add(out, prefix + "_p99", api::histogram_quantile(values, 990));
    add(out, prefix + "_p999", api::histogram_quantile(values, 999));
}

int loop(const char*, const char* parameters, rte_tel_data* out) {
    using api::WorkerCounter;
    const std::lock_guard lock(segment_mutex);
    api::WorkerBlock* block = find_worker(parameters);
    if (!block) return -1;
    rte_tel_data_start_dict(out);
    add(out, "tsc_hz", segment->header().tsc_hz);
    for (const WorkerCounter counter :
         {WorkerCounter::turns_busy, WorkerCounter::turns_idle, WorkerCounter::busy_cycles,
          WorkerCounter::idle_cycles, WorkerCounter::sleep_cycles, WorkerCounter::sleeps,
          WorkerCounter::preemptions, WorkerCounter::preempted_us, WorkerCounter::turn_overruns,
          WorkerCounter::turn_ns_max, WorkerCounter::rx_tx_ns_max})
        add(out, name(counter), (*block)[counter].get());
    add_histogram(out, "packets_per_burst", block->burst_packets);
    add_histogram(out, "turn_ns", block->turn_ns);
    add_histogram(out, "rx_tx_ns", block->rx_tx_ns);
    return 0;
}

// A line each: the answer's values are numbered, not named.
int turns(const char*, const char* parameters, rte_tel_data* out) {
    const std::lock_guard lock(segment_mutex);
    api::WorkerBlock* block = find_worker(parameters);
    if (!block) return -1;
    rte_tel_data_start_array(out, RTE_TEL_STRING_VAL);
    for (const api::TurnRecord& turn : block->turn_log.read())
        rte_tel_data_add_array_string(
            out, ("begin_us=" + std::to_string(turn.begin_us) +
                  " took_us=" + std::to_string(turn.duration_ns / 1000) + " late_us=" +
                  std::to_string(turn.gap_ns / 1000) + " rx=" + std::to_string(turn.received) +
                  " tx=" + std::to_string(turn.sent) + " timers=" + std::to_string(turn.timers) +
                  " commands=" + std::to_string(turn.commands))
                     .c_str());
    return 0;
}

template <typename Reason>
void add_sums(rte_tel_data* out, const char* prefix) {
    for (std::uint32_t reason = 0; reason < static_cast<std::uint32_t>(Reason::kCount); ++reason) {
        std::uint64_t sum = 0;
        for (std::uint32_t i = 0; i < segment->header().worker_count; ++i)
            sum += segment->worker(i)[static_cast<Reason>(reason)].get();
        add(out, std::string(prefix) + name(static_cast<Reason>(reason)), sum);
    }
}

int drops(const char*, const char*, rte_tel_data* out) {
    rte_tel_data_start_dict(out);
    const std::lock_guard lock(segment_mutex);
    if (!segment) return 0;
    add_sums<api::RxDrop>(out, "rx_");
    add_sums<api::TxDrop>(out, "tx_");
    return 0;
}

// The first objects of a kind: id and packets, and how many there are in all.
int objects(StatisticsKind kind, rte_tel_data* out) {
    rte_tel_data_start_dict(out);
    const std::lock_guard lock(segment_mutex);
    if (!segment) return 0;
    std::uint64_t count = 0;
    for (std::uint32_t i = 0; i < segment->header().worker_count; ++i)
        for (api::ObjectSlot& slot : segment->slots(i)) {
            if (slot.kind != kind || slot.sequence.load(std::memory_order_acquire) % 2 != 0)
                continue;
            if (++count > kMaxListed) continue;
            const std::string prefix = std::to_string(slot.id);
            add(out, prefix + "_packets", slot[ObjectValue::packets].get());
        }
    add(out, "count", count);
    return 0;
}

int tcp(const char*, const char*, rte_tel_data* out) {
    rte_tel_data_start_dict(out);
    const std::lock_guard lock(segment_mutex);
    if (!segment) return 0;
    for (std::size_t i = 0; i < api::kTcpCounters; ++i)
        add(out, api::name(static_cast<api::TcpCounter>(i)), segment->header().tcp[i].get());
    return 0;
}

int transports(const char*, const char*, rte_tel_data* out) {
    return objects(StatisticsKind::transport, out);
}
int tracks(const char*, const char*, rte_tel_data* out) {
    return objects(StatisticsKind::track, out);
}
int subscriptions(const char*, const char*, rte_tel_data* out) {
    return objects(StatisticsKind::subscription, out);
}

}  // namespace

void start_telemetry(api::StatisticsSegment& statistics) {
    {
        const std::lock_guard lock(segment_mutex);
        segment = &statistics;
    }
    rte_telemetry_register_cmd("/strata/workers", workers, "What the workers did. No parameters");
    rte_telemetry_register_cmd("/strata/worker", worker, "Every counter. Parameter: worker number");
    rte_telemetry_register_cmd("/strata/loop", loop,
                               "How a worker's turns go. Parameter: worker number");
    rte_telemetry_register_cmd("/strata/turns", turns,
                               "Long and late turns. Parameter: worker number");
    rte_telemetry_register_cmd("/strata/drops", drops, "Drops by reason. No parameters");
    rte_telemetry_register_cmd("/strata/tcp", tcp, "TCP connections. No parameters");
    rte_telemetry_register_cmd("/strata/transports", transports,
                               "Transports and their packets. No parameters");
    rte_telemetry_register_cmd("/strata/tracks", tracks, "Tracks and their packets. No parameters");
    rte_telemetry_register_cmd("/strata/subscriptions", subscriptions,
                               "Subscriptions and their packets. No parameters");
}

void stop_telemetry() {
    const std::lock_guard lock(segment_mutex);
    segment = nullptr;
}

}  // namespace strata::dataplane

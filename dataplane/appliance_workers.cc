#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_launch.h>

#include <algorithm>

#include "dataplane/api/config/pool_sizes.h"
#include "dataplane/appliance.h"
#include "dataplane/log.h"
#include "dataplane/plan/memory_plan.h"
#include "dataplane/random_number.h"
#include "dataplane/server/telemetry.h"

// Workers on their cores, and where they count.
namespace strata::dataplane {
namespace {

std::uint64_t read_tsc() { return rte_rdtsc(); }

int run_loop(void* loop) {
    static_cast<WorkerLoop*>(loop)->run();
    return 0;
}

}  // namespace

// Of worker `id`.
WorkerConfig Appliance::worker_config(std::uint32_t id) const {
    const api::DataplaneConfig& from_file = config_.dataplane;
    WorkerConfig worker;
    worker.id = id;
    worker.queue = static_cast<std::uint16_t>(id);
    worker.max_transports = config_.limits.transports_per_worker;
    worker.max_ssrcs = config_.limits.ssrcs_per_worker;
    worker.max_tracks = 2 * config_.limits.tracks_per_worker;  // with those on their way out
    worker.handoff_ring = api::worker_ring_packets(from_file);
    worker.max_waiting_by_name = config_.limits.waiting_by_rid;
    worker.read_tsc = read_tsc;
    worker.tsc_hz = rte_get_tsc_hz();
    worker.secret = random_u64();
    worker.relay_ssrc = random_ssrc();
    worker.transport_feedback_us = relay::TimeUs{from_file.transport_feedback_ms} * 1000;
    worker.receiver_report_us = relay::TimeUs{from_file.receiver_report_ms} * 1000;
    worker.sender_report_us = relay::TimeUs{from_file.sender_report_ms} * 1000;
    worker.max_rtcp_bytes = config_.limits.rtcp_bytes;
    worker.punt_ring_bytes = config_.limits.punt_ring_bytes;
    worker.stun_errors_per_s = config_.limits.stun_errors_per_s;
    worker.track_outputs = config_.limits.track_outputs;
    worker.nack_packets = config_.limits.nack_packets;
    worker.history = {.packets = from_file.history_packets,
                      .small_packets = from_file.history_small_packets,
                      .age_us = relay::TimeUs{from_file.history_ms} * 1000,
                      .reserve_packets = api::history_reserve(config_)};
    worker.fan_out.tiny_payload_bytes = static_cast<std::uint16_t>(
        std::min<std::uint32_t>(from_file.copy_payload_max_bytes, kTinyPayloadMax));
    worker.fan_out.tx_queue.packets = from_file.tx_queue_packets;
    worker.fan_out.tx_queue.max_wait_us = from_file.tx_queue_us;
    return worker;
}

Appliance::Started Appliance::start_workers() {
    const api::DataplaneConfig& from_file = config_.dataplane;
    api::StatisticsLayout layout{.workers = from_file.workers,
                                 .slots_per_worker = config_.limits.statistics_slots_per_worker,
                                 .epoch = epoch_,
                                 .tsc_hz = rte_get_tsc_hz(),
                                 .port_counters = port_counter_names(),
                                 .host_tables = host_table_capacity(config_)};
    for (const auto& port : ports_) layout.ports.push_back(port->spec());
    auto segment = api::StatisticsSegment::create(statistics_segment_name(config_), layout);
    if (!segment) return std::unexpected(StartError{segment.error(), 1});
    statistics_ = std::make_unique<api::StatisticsSegment>(std::move(*segment));
    tell_payloads();
    start_telemetry(*statistics_);

    std::vector<Port*> ports;
    for (const auto& port : ports_) ports.push_back(port.get());
    const relay::TimeUs now = TscClock().to_us(rte_rdtsc());
    std::vector<Worker*> workers;
    for (std::uint32_t i = 0; i < from_file.workers; ++i) {
        api::WorkerBlock& block = statistics_->worker(i);
        block.cpu = static_cast<std::int32_t>(plan_.workers[i].cpu.id);
        block.numa_node = plan_.workers[i].cpu.numa_node;
        WorkerConfig worker = worker_config(i);
        worker.main_bell = &bell_;
        workers_.push_back(std::make_unique<Worker>(worker, ports, pools_, block, now));
        workers.push_back(workers_.back().get());
    }
    Worker::connect(workers);
    for (std::uint32_t i = 0; i < from_file.workers; ++i) {
        const WorkerLoopConfig loop{.idle = from_file.idle,
                                    .idle_sleep_max_us = from_file.idle_sleep_max_us,
                                    .burst = static_cast<std::uint16_t>(from_file.burst_packets)};
        loops_.push_back(
            std::make_unique<WorkerLoop>(*workers[i], ports, loop, statistics_->worker(i)));
        const std::string polled = ports_without_wake(ports, static_cast<std::uint16_t>(i));
        if (loop.idle == api::IdlePolicy::kAdaptive && !polled.empty())
            log_info("idle: worker " + std::to_string(i) + " can't wait for packets of " + polled +
                     ": it sleeps for up to " + std::to_string(loop.idle_sleep_max_us) + " us");
    }
    start_kernel_mirror();
    for (std::uint32_t i = 0; i < from_file.workers; ++i)
        if (rte_eal_remote_launch(run_loop, loops_[i].get(), i + 1) != 0)
            return std::unexpected(
                StartError{"worker " + std::to_string(i) + " couldn't be started", 1});
    watchdog_ = std::make_unique<Watchdog>(
        WatchdogConfig{.stuck_ms = from_file.watchdog_ms, .report_folder = from_file.report_folder},
        loops_);
    note_time("workers");
    return {};
}

}  // namespace strata::dataplane

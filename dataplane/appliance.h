#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/api/config/config.h"
#include "dataplane/api/config/pool_sizes.h"
#include "dataplane/plan/pinning.h"
#include "dataplane/port/kernel_mirror.h"
#include "dataplane/port/pools.h"
#include "dataplane/port/port.h"
#include "dataplane/server/control_server.h"
#include "dataplane/server/desired_state.h"
#include "dataplane/server/punt_server.h"
#include "dataplane/tcp/session_directory.h"
#include "dataplane/tcp/tcp_port.h"
#include "dataplane/tcp/tcp_server.h"
#include "dataplane/watchdog.h"
#include "dataplane/worker/worker.h"
#include "dataplane/worker_loop.h"

namespace strata::dataplane {

// Why the data plane didn't start: one clear text, and the process's exit status.
struct StartError {
    std::string text;
    int exit_status = api::kExitConfig;
};

// The running data plane: EAL, ports, pools, workers on their cores, the control link. Main thread.
class Appliance {
  public:
    static std::expected<std::unique_ptr<Appliance>, StartError> start(const api::Config& config,
                                                                       const PinningPlan& plan);
    ~Appliance();
    Appliance(const Appliance&) = delete;
    Appliance& operator=(const Appliance&) = delete;

    // Serves control until `signals` (a signalfd) has one. Returns the exit status.
    int run(int signals);

  private:
    using Started = std::expected<void, StartError>;
    Appliance(const api::Config& config, const PinningPlan& plan) : config_(config), plan_(plan) {}

    Started start_environment();
    void tell_memory() const;
    Started check_memory(const api::PoolSizes& sizes) const;
    WorkerConfig worker_config(std::uint32_t id) const;
    Started open_ports();
    PortConfig port_config() const;
    void open_tcp_port();
    Started make_pools();
    Started start_workers();
    Started start_server();
    Started start_tcp();
    void open_checkpoints();
    void open_observations(ControlServerConfig& server);
    void note_time(const char* part);
    void note_first_state();
    void look_after_ports();
    void tell_payloads();
    void tell_routes();
    void start_kernel_mirror();
    api::WorkerInfo worker_info(std::size_t p, std::uint32_t w) const;
    std::vector<std::string> reachable_at(std::size_t first, std::uint32_t w) const;
    bool wait(int signals, int timeout_ms);
    bool move_messages();

    api::Config config_;
    PinningPlan plan_;
    std::uint64_t epoch_ = 0;
    bool environment_ = false;  // EAL has started
    // In this order: what comes later uses what comes before.
    std::vector<std::unique_ptr<Port>> ports_;
    Pools pools_;
    std::unique_ptr<api::StatisticsSegment> statistics_;
    std::unique_ptr<api::ObservationSegment> observations_;  // null: it couldn't be made
    std::vector<api::ObservationLog> observation_logs_;      // [worker]
    Doorbell bell_;  // the main thread's, which workers ring
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::unique_ptr<WorkerLoop>> loops_;
    std::unique_ptr<KernelMirror> kernel_mirror_;  // null: no port has one
    std::unique_ptr<Watchdog> watchdog_;
    std::unique_ptr<CheckpointStore> checkpoints_;
    std::unique_ptr<DesiredState> state_;
    std::unique_ptr<ControlServer> server_;
    std::unique_ptr<PuntServer> punt_server_;
    SessionDirectory sessions_;
    TcpPort* tcp_port_ = nullptr;  // one of ports_, the last; null: nobody comes by TCP
    std::unique_ptr<TcpServer> tcp_server_;
    bool state_noted_ = false;
    std::chrono::steady_clock::time_point next_look_{};  // after the ports
    std::chrono::steady_clock::time_point next_tables_{};
    // Peers that no route leads to: at the last look, and as the log has it.
    std::uint64_t without_route_ = 0, told_without_route_ = 0;
    std::chrono::steady_clock::time_point last_note_ = std::chrono::steady_clock::now();
    std::vector<std::pair<std::string, std::int64_t>> times_us_;  // of each part of the start
};

// Name in /dev/shm of the statistics of the data plane with this configuration.
std::string statistics_segment_name(const api::Config& config);

// Name in /dev/shm of what captures and traces show.
std::string observation_segment_name(const api::Config& config);

// Name in /dev/shm of what outlives that data plane (C53).
std::string checkpoint_segment_name(const api::Config& config);

}  // namespace strata::dataplane

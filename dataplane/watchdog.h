#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dataplane/worker_loop.h"

namespace strata::dataplane {

struct WatchdogConfig {
    std::uint32_t stuck_ms = 2'000;  // of a worker's CPU time, without a completed turn
    std::string report_folder;       // where it can't be written, the report goes to standard error
};

// Ends the process when a worker is stuck: when it has used `stuck_ms` of its thread's CPU time
// since it last completed a turn. One that sleeps, or whose core was taken away, uses none. What
// the worker was doing is saved first, in stuck-worker-N.txt; then SIGABRT, and a supervisor starts
// anew. Thread: the main one.
class Watchdog {
  public:
    // The loops outlive it.
    Watchdog(const WatchdogConfig& config, std::span<const std::unique_ptr<WorkerLoop>> loops);

    // Several times within `stuck_ms`. Costs two system calls per worker.
    void look();

  private:
    struct Watched {
        const WorkerLoop* loop;
        std::uint64_t turns = ~std::uint64_t{0};  // completed when it was last seen to get on
        std::uint64_t cpu_ns = 0;                 // and the CPU time it had used by then
    };
    [[noreturn]] void give_up(const WorkerLoop& loop, std::uint64_t stuck_ns) const;

    WatchdogConfig config_;
    std::vector<Watched> watched_;
};

}  // namespace strata::dataplane

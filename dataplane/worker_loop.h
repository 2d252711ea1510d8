#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataplane/api/config/config.h"
#include "dataplane/api/statistics_segment.h"
#include "dataplane/turn_statistics.h"
#include "dataplane/worker/worker.h"

namespace strata::dataplane {

struct WorkerLoopConfig {
    api::IdlePolicy idle = api::IdlePolicy::kAdaptive;
    std::uint32_t idle_sleep_max_us = 2'000;
    // At most: PortCapabilities::slow_poll_us may ask for less.
    relay::TimeUs longest_wait_us = 40'000;
    std::uint16_t burst = 32;
};

// Microseconds of the monotonic clock, from the time stamp counter.
class TscClock {
  public:
    TscClock();
    relay::TimeUs to_us(std::uint64_t tsc) const;

  private:
    std::uint64_t base_tsc_;
    relay::TimeUs base_us_;
    std::uint64_t us_per_tsc_;  // times 2^32
};

// Drives one worker on its core: this is where its clock is read and where it waits. Busy: it never
// does. Adaptive: after some empty turns, fewer where waits have been long, it waits until a port
// has packets, another worker hands something over, a command comes or longest_wait_us have passed.
// Where a port can't be waited for it sleeps instead, twice as long each time, up to
// idle_sleep_max_us. Timers are late by up to the longest wait, so that a worker is woken as often
// with one room or a thousand; while packets are missing one that is due ends the wait.
class WorkerLoop {
  public:
    WorkerLoop(Worker& worker, std::span<Port* const> ports, const WorkerLoopConfig& config,
               api::WorkerBlock& statistics);
    ~WorkerLoop();
    WorkerLoop(const WorkerLoop&) = delete;
    WorkerLoop& operator=(const WorkerLoop&) = delete;

    // Returns after stop(). On the worker's core.
    void run();

    // Main thread.
    void stop();
    // Ends a wait early: there are commands.
    void wake();
    // Turns completed.
    std::uint64_t turns() const;
    // CPU time that run()'s thread has used; nullopt before run(). That thread lives.
    std::optional<std::uint64_t> cpu_ns() const;
    pthread_t thread() const { return thread_; }  // after run() has begun
    const Worker& worker() const { return worker_; }

  private:
    relay::TimeUs wait_bound(relay::TimeUs now);
    void wait(relay::TimeUs now);
    void learn_from_wait(relay::TimeUs waited_us);

    Worker& worker_;
    WorkerLoopConfig config_;
    api::WorkerBlock& block_;
    TurnStatistics statistics_;
    TscClock clock_;
    int epoll_ = -1;
    int wake_ = -1;
    bool all_ports_wake_ = true;
    int idle_turns_before_wait_;
    relay::TimeUs longest_wait_us_;
    relay::TimeUs sleep_us_ = 0;  // the last one, since the last packet
    pthread_t thread_{};
    std::atomic<bool> begun_{false};
    std::atomic<bool> stop_{false};
};

// Names of those ports that the worker on `queue` can't wait for.
std::string ports_without_wake(std::span<Port* const> ports, std::uint16_t queue);

}  // namespace strata::dataplane

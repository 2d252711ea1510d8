#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "dataplane/worker_loop.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane {

// A worker that turns on a thread of its own, on one port.
class RunningLoop {
  public:
    RunningLoop(Port& port, const WorkerLoopConfig& config)
        : ports_{&port},
          statistics_(api::StatisticsSegment::create("", {}).value()),
          worker_({}, ports_, *pools_, statistics_.worker(0), 0) {
        EXPECT_TRUE(port.start(*pools_));
        loops_.push_back(
            std::make_unique<WorkerLoop>(worker_, ports_, config, statistics_.worker(0)));
        thread_ = std::thread([this] { loop().run(); });
    }
    ~RunningLoop() {
        loop().stop();
        thread_.join();
    }

    WorkerLoop& loop() { return *loops_[0]; }
    std::span<const std::unique_ptr<WorkerLoop>> loops() const { return loops_; }
    Worker& worker() { return worker_; }
    std::uint64_t operator[](api::WorkerCounter counter) {
        return statistics_.worker(0)[counter].get();
    }
    // Waits until the counter has reached `value`; the bound only ends a test that has failed.
    bool reaches(api::WorkerCounter counter, std::uint64_t value) {
        for (int i = 0; i < 20'000; ++i) {
            if ((*this)[counter] >= value) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return false;
    }

  private:
    TestPools pools_;
    std::array<Port*, 1> ports_;
    api::StatisticsSegment statistics_;
    Worker worker_;
    std::vector<std::unique_ptr<WorkerLoop>> loops_;
    std::thread thread_;
};

}  // namespace strata::dataplane

#pragma once

#include <cstdint>

#include "dataplane/api/statistics_segment.h"
#include "dataplane/worker/worker.h"
#include "relay/rtp/types.h"

namespace strata::dataplane {

// Tells in the statistics segment how a worker's turns go: how many cycles they take, how long they
// are, and which ones somebody should look at. Thread: the worker's.
class TurnStatistics {
  public:
    // `tsc_hz`: of the time stamp counter. The block outlives it.
    TurnStatistics(api::WorkerBlock& block, std::uint64_t tsc_hz);

    struct Times {
        std::uint64_t begin_tsc, end_tsc;
        relay::TimeUs begin_us;  // CLOCK_MONOTONIC
    };
    void turned(const Times& times, const Worker::Turn& turn);
    // The turn before and the one that follows have a wait between them.
    void slept(std::uint64_t cycles);

  private:
    std::uint64_t to_ns(std::uint64_t cycles) const {
        return static_cast<std::uint64_t>(static_cast<double>(cycles) * ns_per_tsc_);
    }

    api::WorkerBlock& block_;
    double ns_per_tsc_;
    std::uint64_t last_end_tsc_ = 0;  // 0: it slept since, or has just begun
    std::uint64_t last_sent_ = 0;
};

}  // namespace strata::dataplane

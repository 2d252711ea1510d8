#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/api/statistics_segment.h"

namespace strata::control {

// How busy the data plane's workers have been lately, from what they count.
class WorkerLoad {
  public:
    // To be called every few seconds. The share of each worker's cycles that were in busy turns, 0
    // to 1, the newer the more it counts. Empty until two readings of one data plane are there.
    std::vector<double> update(const std::vector<api::WorkerSnapshot>& workers);

  private:
    struct Cycles {
        std::uint64_t busy = 0, all = 0;
    };
    std::vector<Cycles> before_;
    std::vector<double> shares_;  // as many, or none
};

}  // namespace strata::control

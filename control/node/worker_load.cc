#include "control/node/worker_load.h"

#include <utility>

namespace strata::control {
namespace {

constexpr double kNewShare = 0.5;  // of a reading in the mean

}  // namespace

std::vector<double> WorkerLoad::update(const std::vector<api::WorkerSnapshot>& workers) {
    using api::WorkerCounter;
    std::vector<Cycles> now;
    for (const api::WorkerSnapshot& worker : workers) {
        const std::uint64_t busy = worker[WorkerCounter::busy_cycles];
        now.push_back({busy, busy + worker[WorkerCounter::idle_cycles] +
                                 worker[WorkerCounter::sleep_cycles]});
    }
    const std::vector<Cycles> before = std::exchange(before_, now);
    bool same = before.size() == now.size();
    for (std::size_t i = 0; same && i < now.size(); ++i)
        same = now[i].all >= before[i].all && now[i].busy >= before[i].busy;
    if (!same) {  // another data plane
        shares_.clear();
        return shares_;
    }
    const bool first = shares_.empty();
    shares_.resize(now.size());
    for (std::size_t i = 0; i < now.size(); ++i) {
        const auto all = static_cast<double>(now[i].all - before[i].all);
        if (all == 0) continue;  // it completes no turn: what it was
        const double share = static_cast<double>(now[i].busy - before[i].busy) / all;
        shares_[i] = first ? share : shares_[i] + kNewShare * (share - shares_[i]);
    }
    return shares_;
}

}  // namespace strata::control

#include "dataplane/turn_statistics.h"

namespace strata::dataplane {
namespace {

using api::WorkerCounter;

constexpr std::uint64_t kPreemptionNs = 50'000;  // a longer gap is somebody else's doing
constexpr std::uint64_t kOverrunNs = 1'000'000;  // from here on it is recorded

}  // namespace

TurnStatistics::TurnStatistics(api::WorkerBlock& block, std::uint64_t tsc_hz)
    : block_(block), ns_per_tsc_(1e9 / static_cast<double>(tsc_hz)) {}

void TurnStatistics::turned(const Times& times, const Worker::Turn& turn) {
    const std::uint64_t cycles = times.end_tsc - times.begin_tsc, turn_ns = to_ns(cycles);
    const std::uint64_t gap_ns = last_end_tsc_ == 0 ? 0 : to_ns(times.begin_tsc - last_end_tsc_);
    const std::uint64_t sent_before = last_sent_;
    last_end_tsc_ = times.end_tsc;
    last_sent_ = block_[WorkerCounter::sent].get();
    if (gap_ns > kPreemptionNs) {
        block_[WorkerCounter::preemptions].add();
        block_[WorkerCounter::preempted_us].add(gap_ns / 1000);
    }
    block_[turn.busy() ? WorkerCounter::busy_cycles : WorkerCounter::idle_cycles].add(cycles);
    if (turn.busy()) block_.turn_ns[api::histogram_bucket(turn_ns)].add();
    if (turn_ns > block_[WorkerCounter::turn_ns_max].get())
        block_[WorkerCounter::turn_ns_max].set(turn_ns);
    if (turn_ns > kOverrunNs) block_[WorkerCounter::turn_overruns].add();
    if (turn_ns <= kOverrunNs && gap_ns <= kOverrunNs) return;
    block_.turn_log.add({.begin_us = static_cast<std::uint64_t>(times.begin_us),
                         .begin_tsc = times.begin_tsc,
                         .duration_ns = turn_ns,
                         .gap_ns = gap_ns,
                         .received = turn.received + turn.handed,
                         .sent = static_cast<std::uint32_t>(last_sent_ - sent_before),
                         .timers = turn.timers,
                         .commands = turn.commands});
}

void TurnStatistics::slept(std::uint64_t cycles) {
    block_[WorkerCounter::sleeps].add();
    block_[WorkerCounter::sleep_cycles].add(cycles);
    last_end_tsc_ = 0;
}

}  // namespace strata::dataplane

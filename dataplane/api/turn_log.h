#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

// The last turns of a worker that are worth a question, in shared memory: written by that worker
// alone, with plain stores; read by anybody, who sees a record whole or not at all.
namespace strata::api {

// A turn that took more than a millisecond, or began that late, and what it did. With little to do
// in a long turn its core was taken away in between.
struct TurnRecord {
    std::uint64_t number = 0;     // among those recorded, from 1
    std::uint64_t begin_us = 0;   // CLOCK_MONOTONIC
    std::uint64_t begin_tsc = 0;  // time stamp counter
    std::uint64_t duration_ns = 0;
    std::uint64_t gap_ns = 0;  // since the end of the turn before; 0: the worker slept in between
    std::uint32_t received = 0, sent = 0;    // packets
    std::uint32_t timers = 0, commands = 0;  // run
};

class TurnLog {
  public:
    static constexpr std::size_t kRecords = 128;

    // Takes the place of the oldest; `record.number` is given here. Thread: the worker.
    void add(const TurnRecord& record);
    // Oldest first. One that is being overwritten is left out. Any thread or process.
    std::vector<TurnRecord> read() const;

  private:
    using Word = std::atomic<std::uint64_t>;
    struct alignas(64) Slot {
        Word sequence;  // twice the record's number, less one while it is written; 0: empty
        Word begin_us, begin_tsc, duration_ns, gap_ns;
        Word packets;  // sent << 32 | received
        Word work;     // commands << 32 | timers
    };
    static bool read(const Slot& slot, TurnRecord& record);

    std::uint64_t added_ = 0;
    std::array<Slot, kRecords> slots_{};
};

}  // namespace strata::api

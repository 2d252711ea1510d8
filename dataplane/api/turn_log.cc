#include "dataplane/api/turn_log.h"

#include <algorithm>

namespace strata::api {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

std::uint64_t pair(std::uint32_t high, std::uint32_t low) {
    return std::uint64_t{high} << 32 | low;
}

}  // namespace

void TurnLog::add(const TurnRecord& record) {
    const std::uint64_t number = ++added_;
    Slot& slot = slots_[number % kRecords];
    slot.sequence.store(number * 2 - 1, kRelaxed);
    std::atomic_thread_fence(std::memory_order_release);
    slot.begin_us.store(record.begin_us, kRelaxed);
    slot.begin_tsc.store(record.begin_tsc, kRelaxed);
    slot.duration_ns.store(record.duration_ns, kRelaxed);
    slot.gap_ns.store(record.gap_ns, kRelaxed);
    slot.packets.store(pair(record.sent, record.received), kRelaxed);
    slot.work.store(pair(record.commands, record.timers), kRelaxed);
    slot.sequence.store(number * 2, std::memory_order_release);
}

bool TurnLog::read(const Slot& slot, TurnRecord& record) {
    const std::uint64_t before = slot.sequence.load(std::memory_order_acquire);
    if (before == 0 || before % 2 != 0) return false;
    record.number = before / 2;
    record.begin_us = slot.begin_us.load(kRelaxed);
    record.begin_tsc = slot.begin_tsc.load(kRelaxed);
    record.duration_ns = slot.duration_ns.load(kRelaxed);
    record.gap_ns = slot.gap_ns.load(kRelaxed);
    const std::uint64_t packets = slot.packets.load(kRelaxed), work = slot.work.load(kRelaxed);
    record.received = static_cast<std::uint32_t>(packets);
    record.sent = static_cast<std::uint32_t>(packets >> 32);
    record.timers = static_cast<std::uint32_t>(work);
    record.commands = static_cast<std::uint32_t>(work >> 32);
    std::atomic_thread_fence(std::memory_order_acquire);
    return slot.sequence.load(kRelaxed) == before;
}

std::vector<TurnRecord> TurnLog::read() const {
    std::vector<TurnRecord> records;
    records.reserve(kRecords);
    for (const Slot& slot : slots_)
        if (TurnRecord record; read(slot, record)) records.push_back(record);
    std::sort(records.begin(), records.end(),
              [](const TurnRecord& a, const TurnRecord& b) { return a.number < b.number; });
    return records;
}

}  // namespace strata::api

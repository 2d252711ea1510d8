#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "relay/rtp/types.h"

namespace strata::dataplane {

// Lies inside the object that it wakes; `owner` and `kind` say whom.
struct Timer {
    Timer* next = nullptr;
    Timer** link = nullptr;  // what points at this one; null: not armed
    relay::TimeUs due_us = 0;
    void* owner = nullptr;
    std::uint8_t kind = 0;

    bool armed() const { return link != nullptr; }
};

// Timers of one worker in slots of a millisecond. Arming and disarming are O(1); what is done per
// turn is bounded by the caller, the rest waits for the next turn. Deterministic: timers of one
// slot run in the order in which they were armed. No allocation.
class TimerWheel {
  public:
    static constexpr relay::TimeUs kSlotUs = 1000;
    static constexpr std::size_t kSlots = 4096;
    // Longest delay: just under one round.
    static constexpr relay::TimeUs kMaxDelayUs = kSlotUs * (static_cast<relay::TimeUs>(kSlots) - 2);

    explicit TimerWheel(relay::TimeUs now) : at_slot_(now / kSlotUs) { tails_.fill(nullptr); }

    // (Re)arms `timer` for `due_us`; in the past means the next run, too far means kMaxDelayUs.
    void arm(Timer& timer, relay::TimeUs due_us) {
        disarm(timer);
        std::int64_t slot = (due_us + kSlotUs - 1) / kSlotUs;
        if (slot < at_slot_) slot = at_slot_;
        if (slot > at_slot_ + static_cast<std::int64_t>(kSlots) - 2)
            slot = at_slot_ + static_cast<std::int64_t>(kSlots) - 2;
        timer.due_us = slot * kSlotUs;
        const std::size_t index = index_of(slot);
        Timer** end = tails_[index] ? tails_[index] : &heads_[index];
        timer.link = end;
        timer.next = nullptr;
        *end = &timer;
        tails_[index] = &timer.next;
        ++armed_;
    }

    void disarm(Timer& timer) {
        if (!timer.armed()) return;
        const std::size_t index = index_of(timer.due_us / kSlotUs);
        *timer.link = timer.next;
        if (timer.next)
            timer.next->link = timer.link;
        else
            tails_[index] = timer.link == &heads_[index] ? nullptr : timer.link;
        timer.link = nullptr;
        timer.next = nullptr;
        --armed_;
    }

    // Takes the next timer that is due at `now`, disarmed; null when there is none.
    Timer* pop_due(relay::TimeUs now) {
        const std::int64_t now_slot = now / kSlotUs;
        if (armed_ == 0) {
            if (now_slot > at_slot_) at_slot_ = now_slot;
            return nullptr;
        }
        for (;; ++at_slot_) {
            if (Timer* timer = heads_[index_of(at_slot_)]; timer && timer->due_us <= now) {
                disarm(*timer);
                return timer;
            }
            if (at_slot_ >= now_slot) return nullptr;
        }
    }

    // What pop_due may give next, as far as that is known without looking for it; null: it isn't.
    const Timer* next() const { return heads_[index_of(at_slot_)]; }

    // When the next timer is due; `otherwise` when none is armed. O(slots) at worst: for idle waits
    // and virtual time.
    relay::TimeUs next_due(relay::TimeUs otherwise) const {
        if (armed_ == 0) return otherwise;
        for (std::size_t i = 0; i < kSlots; ++i)
            if (const Timer* timer = heads_[index_of(at_slot_ + static_cast<std::int64_t>(i))])
                return timer->due_us;
        return otherwise;
    }

    std::size_t armed() const { return armed_; }

  private:
    static std::size_t index_of(std::int64_t slot) {
        return static_cast<std::size_t>(slot) & (kSlots - 1);
    }

    std::int64_t at_slot_;  // all earlier slots have been emptied
    std::size_t armed_ = 0;
    std::array<Timer*, kSlots> heads_{};
    std::array<Timer**, kSlots> tails_{};  // where the next one goes; null: the head
};

}  // namespace strata::dataplane

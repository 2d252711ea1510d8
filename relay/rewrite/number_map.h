#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace strata::relay {

// What became of one input number in one layer group.
enum class NumberState : std::uint8_t {
    unknown,  // a hole: not seen, or not yet
    forwarded,
    dropped,  // by policy, and closed up: no outgoing number
    closed,   // by policy or given up, after its number was reserved: an empty packet has it (C17)
};

// Renumbers a counted stream of which policy drops a part, for one layer group: the last kWindow
// extended input numbers n, what became of each, and dropped(n), how many up to n were dropped and
// closed up. number(n) = n - dropped(n) is the group's outgoing number; a receiver adds its offset.
//
// dropped(n) is *frozen* once any later number was given out (C17): a hole before it keeps its
// reserved number. Behind the last number given out lies the *tail*, where drops still close up.
//
// Extended numbers only (64 bits, no wrap): see InputSequence. Two bytes an entry; forward, drop:
// O(1) amortised, a jump of g numbers costs O(min(g, kWindow)), find O(log kWindow).
// Instantiated in number_map.cc for SequenceMap and PictureIdMap.
template <std::size_t kWindow>
class NumberMap {
  public:
    static_assert((kWindow & (kWindow - 1)) == 0 && kWindow <= 8192 && kWindow >= 64);

    struct Entry {
        std::int64_t n = 0;       // input
        std::int64_t number = 0;  // group's outgoing number; of a dropped n: its predecessor's
        NumberState state = NumberState::unknown;
    };

    // Forgets everything; the next number expected is n, and its outgoing number would be n too.
    // Lower ones are too old. The first forward or drop does this by itself.
    void start(std::int64_t n);
    bool started() const { return started_; }
    // As if new.
    void reset() {
        start(0);
        started_ = false;
    }

    // n goes out: its number, everything before it is frozen. Nullopt: it can't, because it went
    // out before, was dropped or closed, or is older than the window.
    std::optional<std::int64_t> forward(std::int64_t n) {
        const std::int64_t number = forward_or_none(n);
        if (number == kNone) return std::nullopt;
        return number;
    }
    // The same, kNone instead of nullopt: what is made of an optional in line goes through memory
    // in two pieces and waits there to be loaded as one.
    static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();
    std::int64_t forward_or_none(std::int64_t n) {
        if (!comes_next(n) || frozen_ != highest_) return forward_any(n);
        next_entry(n) = static_cast<std::uint16_t>(
            static_cast<unsigned>(NumberState::forwarded) << kStateShift | (dropped_ & kCountMask));
        take_next(n);
        frozen_ = n;
        return n - dropped_;
    }

    // n doesn't go out. Returns the number that an empty packet must close now (C17), if n came
    // too late to be closed up; otherwise nothing needs to be sent.
    std::optional<std::int64_t> drop(std::int64_t n) {
        const std::int64_t number = drop_or_none(n);
        if (number == kNone) return std::nullopt;
        return number;
    }
    // As forward_or_none.
    std::int64_t drop_or_none(std::int64_t n) {
        if (!comes_next(n)) return drop_any(n);
        next_entry(n) = kDropped;
        take_next(n);
        ++tail_dropped_;
        return kNone;
    }

    // drop() of n, n + 1 … last, all of them new.
    void drop_run(std::int64_t n, std::int64_t last) {
        while (n <= last) {
            if (n != highest_ + 1 || !started_) {
                drop_any(n++);
                continue;
            }
            const std::int64_t in_piece =
                static_cast<std::int64_t>(kPieceEntries - index_of(n) % kPieceEntries);
            const std::int64_t run = std::min(last + 1 - n, in_piece);
            const std::int64_t falls_out = n + run - 1 - static_cast<std::int64_t>(kWindow);
            if (falls_out > frozen_) let_go(falls_out);
            std::fill_n(&next_entry(n), run, kDropped);
            n += run;
            take_next(n - 1);
            tail_dropped_ += run;
        }
    }

    // Freezes dropped() of everything before n, as if n had been given out: to be called where a
    // receiver leaves this group at n, since it was given later numbers from elsewhere.
    void freeze_before(std::int64_t n);

    // The oldest hole below `before` that has a reserved number, now marked as closed: upstream
    // gave it up (C17). Call until nullopt. Unfrozen holes are left alone until they freeze.
    std::optional<Entry> close_next_hole(std::int64_t before);

    // Whether there may be a hole that is remembered, with a reserved number or without. False:
    // there is none, up to highest().
    bool may_have_holes() const { return last_hole_ >= std::max(lowest_, closed_before_); }

    // What became of n; unknown outside the window. Constant time.
    NumberState state_of(std::int64_t n) const {
        return started_ && n >= lowest_ && n <= highest_ ? state(n) : NumberState::unknown;
    }
    // State and number of n; nullopt outside the window. In the tail, the number is not final, and
    // takes a walk over the tail.
    std::optional<Entry> at(std::int64_t n) const;

    // n - dropped(n - 1): the number that n has, or would be given if it went out now, whatever was
    // decided of it; also for n above highest(). What a receiver that moves at n is to be given
    // next. For n below the window: of the window's oldest.
    std::int64_t expected(std::int64_t n) const;

    // Which n was given or reserved the outgoing number with these low 16 bits, taken as one of the
    // last 2^15 below the newest (a NACK's, less the receiver's offset). Never a dropped n.
    std::optional<Entry> find(std::uint16_t number) const;

    // Number that highest() + 1 would be given.
    std::int64_t next_number() const { return highest_ + 1 - dropped_ - tail_dropped_; }
    std::int64_t highest() const { return highest_; }  // highest n heard of
    std::int64_t highest_frozen() const { return frozen_; }
    std::int64_t lowest() const { return lowest_; }  // oldest n remembered

  private:
    static constexpr std::uint16_t kCountMask = 0x3fff;
    static constexpr int kStateShift = 14;
    static constexpr auto kDropped =
        static_cast<std::uint16_t>(static_cast<unsigned>(NumberState::dropped) << kStateShift);

    // Entries lie in pieces of 16. The newest numbers' one is in place, and the ring is behind with
    // it: memory of its own is looked at only where a piece begins, and for what is older.
    static constexpr std::size_t kPieceEntries = 16;
    static std::size_t index_of(std::int64_t n) {
        return static_cast<std::size_t>(n) & (kWindow - 1);
    }
    const std::uint16_t& entry(std::int64_t n) const {
        const std::size_t index = index_of(n);
        return index / kPieceEntries == piece_at_ ? piece_[index % kPieceEntries] : ring_[index];
    }
    std::uint16_t& entry(std::int64_t n) {
        return const_cast<std::uint16_t&>(std::as_const(*this).entry(n));
    }
    // Of the number behind highest_.
    std::uint16_t& next_entry(std::int64_t n) {
        const std::size_t index = index_of(n);
        if (index / kPieceEntries != piece_at_) take_piece(index / kPieceEntries);
        return piece_[index % kPieceEntries];
    }
    void take_piece(std::size_t piece);
    NumberState state(std::int64_t n) const {
        return static_cast<NumberState>(entry(n) >> kStateShift);
    }
    // In order, and nothing of the tail falls out of the window.
    bool comes_next(std::int64_t n) const {
        return n == highest_ + 1 && n - static_cast<std::int64_t>(kWindow) <= frozen_ && started_;
    }
    void take_next(std::int64_t n) {
        highest_ = n;
        const std::int64_t lowest = n - static_cast<std::int64_t>(kWindow) + 1;
        if (lowest > lowest_) lowest_ = lowest;
    }
    std::int64_t forward_any(std::int64_t n);
    std::int64_t drop_any(std::int64_t n);
    void set_state(std::int64_t n, NumberState state);
    std::int64_t frozen_number(std::int64_t n) const;
    void extend(std::int64_t n);
    void freeze(std::int64_t last);
    // The same of what falls out of the window, where nobody looks any more: it need only be
    // counted, and isn't even looked at where all behind it was dropped.
    void let_go(std::int64_t last) {
        if (tail_dropped_ != highest_ - frozen_) return freeze(last);
        dropped_ += last - frozen_;
        tail_dropped_ -= last - frozen_;
        frozen_ = last;
    }

    // In the order in which a packet needs them.
    std::int64_t lowest_ = 0, highest_ = -1;
    std::int64_t frozen_ = -1;       // last n whose dropped() is final
    std::int64_t tail_dropped_ = 0;  // dropped in (frozen_, highest_]
    std::int64_t dropped_ = 0;       // dropped(frozen_)
    bool started_ = false;
    std::uint32_t piece_at_ = 0;
    // Per n: state in the top two bits; below, of frozen entries, dropped(n) modulo 2^14.
    std::array<std::uint16_t, kPieceEntries> piece_{};
    // Not in place: maps lie next to one another.
    std::vector<std::uint16_t> ring_ = std::vector<std::uint16_t>(kWindow);
    std::int64_t closed_before_ = 0;  // no hole below this
    std::int64_t last_hole_ = -1;     // … and none above this
};

}  // namespace strata::relay

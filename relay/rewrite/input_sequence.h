#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "relay/rtp/types.h"

namespace strata::relay {

// How a packet's sequence number relates to those before it.
enum class Arrival : std::uint8_t {
    newest,  // ahead of all before; a jump leaves holes
    late,    // reordered or retransmitted, not seen before
    duplicate,
    too_old,    // beyond what is remembered: drop it
    suspect,    // far away from all before: drop it; if its successor follows, a restart
    restarted,  // newest, but the source has restarted its numbering (C24): a new stream begins
};

struct ArrivedNumber {
    Arrival arrival = Arrival::newest;
    std::int64_t n = 0;  // extended; of newest, late, duplicate and restarted
};

// Extends the sequence numbers of one encoding to 64 bits, sorts out duplicates over the last
// kWindow numbers and detects a source that restarts its numbering (RFC 3550 appendix A.1: two
// packets in sequence, far from the others; or a long run of duplicates in sequence, without a new
// packet among them, where it lands on numbers just used). Extended numbers run on over a restart,
// with one number skipped, so nothing behind this needs to know of it. Constant time, except
// O(kWindow/64) at a jump.
class InputSequence {
  public:
    static constexpr std::int64_t kWindow = 4096;
    static constexpr std::int64_t kMaxJump = 3000;  // RFC 3550 appendix A.1, MAX_DROPOUT
    static constexpr int kRestartRun = 2;           // RFC 3550 appendix A.1, MIN_SEQUENTIAL
    static constexpr int kDuplicateRun = 32;        // one second of a thin stream

    // Whether it is the one behind the newest.
    bool comes_next(SequenceNumber sequence) const {
        return started_ && sequence == highest_wire_ + 1;
    }
    ArrivedNumber arrive(SequenceNumber sequence) {
        if (!comes_next(sequence)) return arrive_any(sequence);
        suspect_run_ = duplicate_run_ = 0;
        highest_wire_ = sequence;
        set_next(++highest_, 1);
        if (lowest_ <= highest_ - kWindow) lowest_ = highest_ - kWindow + 1;
        return {Arrival::newest, highest_};
    }
    // The `count` (not 0) that come next. Returns the last of them.
    std::int64_t arrive_next(std::uint32_t count) {
        suspect_run_ = duplicate_run_ = 0;
        highest_wire_ = highest_wire_ + static_cast<std::uint16_t>(count);
        while (count != 0) {
            const std::uint32_t run = set_next(highest_ + 1, count);
            highest_ += run;
            count -= run;
        }
        if (lowest_ <= highest_ - kWindow) lowest_ = highest_ - kWindow + 1;
        return highest_;
    }

    // Extended number without recording anything; nullopt before the first packet.
    std::optional<std::int64_t> peek(SequenceNumber sequence) const;
    std::int64_t highest() const { return highest_; }
    bool started() const { return started_; }

  private:
    ArrivedNumber arrive_any(SequenceNumber sequence);
    // 64 numbers of the window. Those of the newest are in place.
    std::uint64_t& word(std::uint64_t at) { return at / 64 == word_at_ ? word_ : seen_[at / 64]; }
    void take_word(std::uint64_t at) {
        seen_[word_at_] = word_;
        word_at_ = static_cast<std::uint32_t>(at / 64);
        word_ = seen_[word_at_];
    }
    // `most` numbers (not 0) from n on, or as many as n's word has. Returns how many.
    std::uint32_t set_next(std::int64_t n, std::uint32_t most) {
        const auto at = static_cast<std::uint64_t>(n) % kWindow;
        if (at / 64 != word_at_) take_word(at);
        const auto run = std::min(most, static_cast<std::uint32_t>(64 - at % 64));
        word_ |= ~std::uint64_t{0} >> (64 - run) << (at % 64);
        return run;
    }
    // Was it set before?
    bool test_and_set(std::int64_t n) {
        const auto at = static_cast<std::uint64_t>(n) % kWindow;
        const std::uint64_t bit = std::uint64_t{1} << (at % 64);
        std::uint64_t& bits = word(at);
        const bool was_set = (bits & bit) != 0;
        bits |= bit;
        return was_set;
    }
    void advance(std::int64_t n);
    ArrivedNumber far_away(SequenceNumber sequence, bool behind);
    ArrivedNumber duplicate(SequenceNumber sequence, std::int64_t n);
    ArrivedNumber restart(SequenceNumber sequence);

    bool started_ = false;
    std::uint8_t suspect_run_ = 0, duplicate_run_ = 0;
    SequenceNumber highest_wire_;
    SequenceNumber run_next_;  // what would continue either run
    std::int64_t highest_ = 0;
    std::int64_t lowest_ = 0;  // of this numbering: lower ones are too old
    std::uint64_t word_ = 0;
    std::uint32_t word_at_ = 0;
    std::array<std::uint64_t, kWindow / 64> seen_{};
};

}  // namespace strata::relay

#include "relay/rewrite/input_sequence.h"

#include <algorithm>

namespace strata::relay {

namespace {

std::int64_t signed_distance(SequenceNumber to, SequenceNumber from) {
    return static_cast<std::int16_t>(to - from);
}

}  // namespace

ArrivedNumber InputSequence::arrive_any(SequenceNumber sequence) {
    if (!started_) {
        started_ = true;
        highest_wire_ = sequence;
        highest_ = (std::int64_t{1} << 16) + sequence.value;  // what comes late stays positive
        lowest_ = highest_ - kWindow + 1;
        test_and_set(highest_);
        return {Arrival::newest, highest_};
    }
    const std::int64_t distance = signed_distance(sequence, highest_wire_);
    const std::int64_t n = highest_ + distance;
    if (distance > kMaxJump || distance <= -kWindow) return far_away(sequence, distance < 0);
    suspect_run_ = 0;
    if (n < lowest_) return {Arrival::too_old, 0};
    if (distance > 0) {
        duplicate_run_ = 0;
        advance(n);
        highest_wire_ = sequence;
        return {Arrival::newest, n};
    }
    if (test_and_set(n)) return duplicate(sequence, n);
    return {Arrival::late, n};
}

std::optional<std::int64_t> InputSequence::peek(SequenceNumber sequence) const {
    if (!started_) return std::nullopt;
    return highest_ + signed_distance(sequence, highest_wire_);
}

void InputSequence::advance(std::int64_t n) {
    for (std::int64_t k = highest_ + 1; k < n;) {
        const auto at = static_cast<std::uint64_t>(k) % kWindow;
        if (at % 64 == 0 && n - k >= 64) {
            word(at) = 0;
            k += 64;
        } else {
            word(at) &= ~(std::uint64_t{1} << (at % 64));
            ++k;
        }
    }
    highest_ = n;
    test_and_set(n);
    lowest_ = std::max(lowest_, n - kWindow + 1);
}

// One packet far away is noise or an old one sent again (probing); two in sequence, with none in
// place between them, are a source that started anew.
ArrivedNumber InputSequence::far_away(SequenceNumber sequence, bool behind) {
    const bool follows = suspect_run_ > 0 && sequence == run_next_;
    suspect_run_ = follows ? suspect_run_ + 1 : 1;
    run_next_ = sequence + 1;
    if (suspect_run_ >= kRestartRun) return restart(sequence);
    return {behind ? Arrival::too_old : Arrival::suspect, 0};
}

// A source may start anew amid the numbers it used last.
ArrivedNumber InputSequence::duplicate(SequenceNumber sequence, std::int64_t n) {
    const bool follows = duplicate_run_ > 0 && sequence == run_next_;
    duplicate_run_ = follows ? duplicate_run_ + 1 : 1;
    run_next_ = sequence + 1;
    if (duplicate_run_ >= kDuplicateRun) return restart(sequence);
    return {Arrival::duplicate, n};
}

ArrivedNumber InputSequence::restart(SequenceNumber sequence) {
    suspect_run_ = duplicate_run_ = 0;
    advance(highest_ + 2);  // the skipped number shows receivers that something is missing
    lowest_ = highest_;
    highest_wire_ = sequence;
    return {Arrival::restarted, highest_};
}

}  // namespace strata::relay

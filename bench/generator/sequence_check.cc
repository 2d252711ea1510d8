#include "bench/generator/sequence_check.h"

namespace strata::gen {

void SequenceCheck::begin_at(std::int64_t extended) {
    first_ = highest_ = extended;
    begun_ = true;
}

std::uint64_t SequenceCheck::expected() const {
    return begun_ ? expected_before_ + static_cast<std::uint64_t>(highest_ - first_ + 1) : 0;
}

SequenceCheck::Verdict SequenceCheck::add(std::uint16_t sequence) {
    Verdict verdict;
    std::int64_t extended = unwrapper_.unwrap(sequence) + offset_;
    if (!begun_) {
        begin_at(extended);
    } else if (extended > highest_ + kMaxDropout || extended < highest_ - kMaxMisorder) {
        verdict.jump = true;
        ++jumps_;
        expected_before_ = expected();
        if (extended <= highest_) {
            unwrapper_.reset();
            const std::int64_t anew = unwrapper_.unwrap(sequence);
            while (anew + offset_ <= highest_) offset_ += relay::SequenceUnwrapper::kRange;
            extended = anew + offset_;
        }
        begin_at(extended);
    } else if (extended > highest_) {
        verdict.missing = extended - highest_ - 1;
        highest_ = extended;
    }
    verdict.extended = extended;
    std::int64_t& slot = seen_[static_cast<std::size_t>(extended) % seen_.size()];
    if (slot == extended) {
        verdict.duplicate = true;
        ++duplicates_;
        return verdict;
    }
    slot = extended;
    ++received_;
    if (extended < highest_) {
        verdict.late = true;
        ++reordered_;
        // Came before the number that was taken for the first one.
        if (extended < first_) first_ = extended;
    }
    return verdict;
}

}  // namespace strata::gen

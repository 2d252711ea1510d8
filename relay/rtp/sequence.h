#pragma once

#include <cstdint>
#include <optional>

namespace strata::relay {

// Extends a wrapping counter of `kBits` bits to 64 bits (C24). The first value maps to itself plus
// one full range, so that values that arrive late around it stay positive. A value extends to the
// candidate nearest to the highest one seen so far.
template <int kBits>
class Unwrapper {
  public:
    static constexpr std::int64_t kRange = std::int64_t{1} << kBits;

    // Extended value; advances the highest value seen.
    std::int64_t unwrap(std::uint32_t value) {
        const std::int64_t extended = peek(value);
        if (!highest_ || extended > *highest_) highest_ = extended;
        return extended;
    }

    // The value that follows the highest one: as unwrap() of it, known to be that.
    void advance() { ++*highest_; }

    // Extended value, without changing anything.
    std::int64_t peek(std::uint32_t value) const {
        if (!highest_) return kRange + value;
        const std::int64_t delta = (std::int64_t{value} - *highest_) & (kRange - 1);
        return *highest_ + (delta < kRange / 2 ? delta : delta - kRange);
    }

    std::optional<std::int64_t> highest() const { return highest_; }
    void reset() { highest_.reset(); }

  private:
    std::optional<std::int64_t> highest_;
};

using SequenceUnwrapper = Unwrapper<16>;
using TimestampUnwrapper = Unwrapper<32>;

}  // namespace strata::relay

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace strata::gen {

// Counts of microseconds in a fixed log-linear array, HDR style: 64 linear steps per octave, so
// that a quantile is at most 1/64 (1.6 %) above the true value, exact below 128 µs. 0 to about 71
// minutes; larger values count as the largest.
class Histogram {
  public:
    void record(std::int64_t value_us);
    void merge(const Histogram& other);
    void reset() { *this = Histogram{}; }

    std::uint64_t count() const { return count_; }
    std::int64_t max_us() const { return max_us_; }
    std::int64_t min_us() const { return count_ == 0 ? 0 : min_us_; }
    double mean_us() const;
    // Smallest recorded step with at least `fraction` (0..1) of all counts at or below it, never
    // more than max_us. 0 without counts.
    std::int64_t quantile_us(double fraction) const;

  private:
    static constexpr int kStepBits = 6;
    static constexpr int kValueBits = 32;
    static constexpr std::size_t kSteps = std::size_t{1} << kStepBits;
    static constexpr std::size_t kSize = (kValueBits - kStepBits + 1) * kSteps;
    static std::size_t index_of(std::uint64_t value);
    static std::int64_t highest_at(std::size_t index);

    std::array<std::uint32_t, kSize> counts_{};
    std::uint64_t count_ = 0, sum_us_ = 0;
    std::int64_t max_us_ = 0, min_us_ = INT64_MAX;
};

}  // namespace strata::gen

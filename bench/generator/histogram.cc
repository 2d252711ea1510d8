#include "bench/generator/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace strata::gen {

std::size_t Histogram::index_of(std::uint64_t value) {
    if (value < kSteps) return static_cast<std::size_t>(value);
    const int shift = static_cast<int>(std::bit_width(value)) - kStepBits - 1;
    const auto octave = static_cast<std::size_t>(shift) + 1;
    return octave * kSteps + static_cast<std::size_t>((value >> shift) - kSteps);
}

std::int64_t Histogram::highest_at(std::size_t index) {
    if (index < kSteps) return static_cast<std::int64_t>(index);
    const auto shift = index / kSteps - 1;
    const std::uint64_t lowest = (kSteps + index % kSteps) << shift;
    return static_cast<std::int64_t>(lowest + (std::uint64_t{1} << shift) - 1);
}

void Histogram::record(std::int64_t value_us) {
    const std::int64_t value =
        std::clamp<std::int64_t>(value_us, 0, (std::int64_t{1} << kValueBits) - 1);
    ++counts_[index_of(static_cast<std::uint64_t>(value))];
    ++count_;
    sum_us_ += static_cast<std::uint64_t>(value);
    max_us_ = std::max(max_us_, value);
    min_us_ = std::min(min_us_, value);
}

void Histogram::merge(const Histogram& other) {
    for (std::size_t i = 0; i < kSize; ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    sum_us_ += other.sum_us_;
    max_us_ = std::max(max_us_, other.max_us_);
    min_us_ = std::min(min_us_, other.min_us_);
}

double Histogram::mean_us() const {
    return count_ == 0 ? 0 : static_cast<double>(sum_us_) / static_cast<double>(count_);
}

std::int64_t Histogram::quantile_us(double fraction) const {
    if (count_ == 0) return 0;
    const auto wanted = static_cast<std::uint64_t>(
        std::max(1.0, std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kSize; ++i) {
        seen += counts_[i];
        if (seen >= wanted) return std::min(highest_at(i), max_us_);
    }
    return max_us_;
}

}  // namespace strata::gen

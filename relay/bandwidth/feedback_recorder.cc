#include "relay/bandwidth/feedback_recorder.h"

#include <algorithm>

namespace strata::relay {
namespace {

// The most that one more arrival adds to a message: a delta, and chunks for the gap before it.
constexpr std::size_t kGrowth = 16;

}  // namespace

void FeedbackRecorder::on_any(std::uint16_t sequence, TimeUs arrival_time) {
    constexpr auto kSpan = static_cast<std::int64_t>(kWindow);
    const bool first = newest_ < 0;
    const std::int64_t n = numbers_.unwrap(sequence);
    if (!first && n <= newest_ - kSpan) return;
    Arrival& place = arrival(n);
    if (place.sequence == n) return;
    place = {n, arrival_time};
    begin_ = first ? n : std::min(begin_, n);
    newest_ = std::max(newest_, n);
    begin_ = std::max(begin_, newest_ - kSpan + 1);
}

std::size_t FeedbackRecorder::write(FeedbackParties parties, std::span<std::uint8_t> out) {
    message_.clear();
    const std::int64_t expected = begin_;
    for (; begin_ <= newest_; ++begin_) {
        const Arrival& next = arrival(begin_);
        if (next.sequence != begin_) continue;  // lost, or not yet here
        if (message_.size() + kGrowth > out.size() || !message_.add(begin_, next.at, expected))
            break;
    }
    if (!message_.empty()) return message_.write(parties, out);
    // A single arrival that no message can hold must not stop those behind it.
    if (begin_ <= newest_) ++begin_;
    return 0;
}

void FeedbackRecorder::reset() {
    numbers_.reset();
    begin_ = 0;
    newest_ = -1;
    std::ranges::fill(arrivals_, Arrival{});
    message_.clear();
}

}  // namespace strata::relay

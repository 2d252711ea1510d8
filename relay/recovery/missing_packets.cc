#include "relay/recovery/missing_packets.h"

#include <algorithm>

namespace strata::relay {
namespace {

constexpr TimeUs kMinReorderUs = 2'000, kMaxReorderUs = 20'000;
constexpr int kMaxBackOff = 3;  // doublings of the pause between requests

}  // namespace

MissingPackets::MissingPackets(const Settings& settings) : settings_(settings) {
    missing_.reserve(kCapacity);
}

void MissingPackets::on_any(const Packet& packet, TimeUs now) {
    std::int64_t n = numbers_.unwrap(packet.sequence.value);
    if (restarted(n)) n = numbers_.unwrap(packet.sequence.value);
    const bool first = highest_ < 0;
    if (!first && n > highest_) open_gap(n, now);
    if (n <= highest_) found(n, now);
    highest_ = std::max(highest_, n);
    forget_before_key_frame(n, packet);
}

bool MissingPackets::restarted(std::int64_t n) {
    far_behind_ = highest_ - n > kFarBehind ? far_behind_ + 1 : 0;
    if (far_behind_ < kRestartRun) return false;
    given_up_ += missing_.size();
    missing_.clear();
    numbers_.reset();
    far_behind_ = 0;
    highest_ = key_first_ = key_last_ = -1;
    return true;
}

// Everything between the newest packet and `before` has not come.
void MissingPackets::open_gap(std::int64_t before, TimeUs now) {
    if (before - highest_ > kMaxGap) {
        given_up_ += missing_.size();
        missing_.clear();
        return;
    }
    const auto gap = static_cast<std::size_t>(before - highest_ - 1);
    if (missing_.size() + gap > kCapacity) {
        const std::size_t oldest = missing_.size() + gap - kCapacity;
        given_up_ += oldest;
        missing_.erase(missing_.begin(), missing_.begin() + static_cast<std::ptrdiff_t>(oldest));
    }
    for (std::int64_t n = highest_ + 1; n < before; ++n) missing_.push_back({n, now, 0, 0});
}

void MissingPackets::found(std::int64_t n, TimeUs now) {
    const auto at = std::ranges::lower_bound(missing_, n, {}, &Missing::n);
    if (at == missing_.end() || at->n != n) return;
    if (at->requests == 1) {  // of more than one nobody knows which was answered
        const TimeUs sample = now - at->asked_at;
        round_trip_us_ = std::max<TimeUs>((7 * round_trip_us_ + sample) / 8, 1'000);
    }
    if (at->requests != 0) ++recovered_;
    missing_.erase(at);
}

// C28: a key frame that is complete makes everything before it superfluous, but nothing of its own.
void MissingPackets::forget_before_key_frame(std::int64_t n, const Packet& packet) {
    if (packet.starts_key_frame && n > key_first_) {
        key_first_ = n;
        key_last_ = -1;
    }
    if (key_first_ < 0) return;
    if (packet.ends_picture && key_last_ < 0 && n >= key_first_) key_last_ = n;
    if (key_last_ < 0) return;
    const auto own = std::ranges::lower_bound(missing_, key_first_, {}, &Missing::n);
    if (own != missing_.end() && own->n <= key_last_) return;
    missing_.erase(missing_.begin(), own);
    key_first_ = key_last_ = -1;
}

bool MissingPackets::is_due(const Missing& missing, TimeUs now) const {
    if (missing.requests == 0)
        return now - missing.seen_at >=
               std::clamp(round_trip_us_ / 8, kMinReorderUs, kMaxReorderUs);
    const int doublings = std::min(missing.requests - 1, kMaxBackOff);
    return now - missing.asked_at >= round_trip_us_ << doublings;
}

std::size_t MissingPackets::due(TimeUs now, std::span<SequenceNumber> out) {
    given_up_ += std::erase_if(missing_, [&](const Missing& missing) {
        return now - missing.seen_at >= settings_.give_up_us ||
               (missing.requests >= settings_.max_requests && is_due(missing, now));
    });
    std::size_t count = 0;
    for (Missing& missing : missing_) {
        if (count == out.size()) break;
        if (!is_due(missing, now)) continue;
        missing.asked_at = now;
        ++missing.requests;
        out[count++] = {static_cast<std::uint16_t>(missing.n)};
    }
    return count;
}

}  // namespace strata::relay

#include "relay/rtp/reception_statistics.h"

#include <algorithm>

namespace strata::relay {
namespace {

// RFC 3550 appendix A.1: beyond these a jump counts as a restart, once two packets in a row agree.
constexpr std::uint16_t kMaxDropout = 3'000;
constexpr std::uint16_t kMaxMisorder = 100;

constexpr TimeUs kSecondUs = 1'000'000;

// `time` in units of `rate`, modulo 2^32; no overflow for any time.
std::uint32_t to_units(TimeUs time, std::uint32_t rate) {
    const auto seconds = static_cast<std::uint64_t>(time / kSecondUs);
    const auto rest = static_cast<std::uint64_t>(time % kSecondUs);
    return static_cast<std::uint32_t>(seconds * rate + rest * rate / kSecondUs);
}

}  // namespace

void ReceptionStatistics::start(SequenceNumber sequence) {
    static_assert(offsetof(ReceptionStatistics, cycles_) == kHotBytes);
    const std::int64_t resumed = started_ ? -1 : base_;
    highest_ = sequence;
    base_ = sequence.value;
    if (resumed >= 0) {
        const auto step = static_cast<std::int16_t>(
            sequence - SequenceNumber{static_cast<std::uint16_t>(resumed)});
        if (resumed + step >= 0) base_ = resumed + step;
    }
    started_ = true;
    cycles_ = base_ - sequence.value;
    received_otherwise_ += static_cast<std::uint64_t>(received_);
    received_ = 0;
    expected_prior_ = received_prior_ = 0;
    jumped_ = false;
    has_transit_ = false;
}

bool ReceptionStatistics::update_sequence(SequenceNumber sequence) {
    const std::uint16_t ahead = sequence - highest_;
    if (ahead < kMaxDropout) {
        if (sequence.value < highest_.value) cycles_ += 65'536;
        highest_ = sequence;
        jumped_ = false;
        return true;
    }
    if (ahead >= 65'536 - kMaxMisorder) return true;  // late or duplicate
    if (!jumped_ || sequence != after_jump_) {
        jumped_ = true;
        after_jump_ = sequence + 1;
        return false;
    }
    ++restarts_;
    start(sequence);
    return true;
}

bool ReceptionStatistics::place(SequenceNumber sequence) {
    if (started_) return update_sequence(sequence);
    start(sequence);
    return true;
}

void ReceptionStatistics::set_arrival(TimeUs arrival) {
    arrival_ = arrival;
    arrival_units_ = to_units(arrival, clock_rate_hz_);
}

void ReceptionStatistics::on_sender_report(std::uint64_t ntp, TimeUs arrival) {
    last_sr_ = static_cast<std::uint32_t>(ntp >> 16);
    last_sr_arrival_ = arrival;
}

std::optional<ReportBlock> ReceptionStatistics::report(Ssrc source, TimeUs now) {
    if (!started_ || reported_ == received()) return std::nullopt;
    reported_ = received();
    const std::int64_t interval_expected = expected() - expected_prior_;
    const std::int64_t interval_lost = interval_expected - (received_ - received_prior_);
    expected_prior_ = expected();
    received_prior_ = received_;

    ReportBlock block{.ssrc = source};
    if (interval_expected > 0 && interval_lost > 0)
        block.fraction_lost = static_cast<std::uint8_t>(
            std::min<std::int64_t>(interval_lost * 256 / interval_expected, 255));
    block.cumulative_lost =
        static_cast<std::int32_t>(std::clamp<std::int64_t>(lost(), -0x80'0000, 0x7F'FFFF));
    block.extended_highest_sequence = extended_highest_sequence();
    block.jitter = jitter();
    if (last_sr_ != 0) {
        block.last_sr = last_sr_;
        block.delay_since_last_sr = to_units(std::max<TimeUs>(now - last_sr_arrival_, 0), 65'536);
    }
    return block;
}

}  // namespace strata::relay

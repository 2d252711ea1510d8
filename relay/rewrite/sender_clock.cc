#include "relay/rewrite/sender_clock.h"

namespace strata::relay {

namespace {

constexpr TimeUs kStepUs = 500'000;  // more than any queue on the way
constexpr TimeUs kFasterShare = 4;   // of an earlier arrival, 1/4 is taken over at once
constexpr TimeUs kSlowerShare = 64;  // of a later one, 1/64: a clock that drifts by 100 ppm moves
                                     // by 0.5 ms between reports 5 s apart, and lags by 32 ms

}  // namespace

std::uint64_t ntp_from_us(TimeUs us) {
    const auto seconds = static_cast<std::uint64_t>(us / kUsPerSecond);
    const auto rest = static_cast<std::uint64_t>(us % kUsPerSecond);
    return (seconds << 32) + (rest << 32) / static_cast<std::uint64_t>(kUsPerSecond);
}

// Rounded: a time that went through NTP comes back as the same microsecond.
TimeUs us_from_ntp(std::uint64_t ntp) {
    const auto fraction = (ntp & 0xffff'ffff) * static_cast<std::uint64_t>(kUsPerSecond);
    return static_cast<TimeUs>(ntp >> 32) * kUsPerSecond +
           static_cast<TimeUs>((fraction + 0x8000'0000) >> 32);
}

void SenderClock::on_sender_report(std::uint64_t publisher_ntp, TimeUs now) {
    const TimeUs shift = now - us_from_ntp(publisher_ntp);
    const TimeUs change = shift - shift_us_;
    const bool step = known_ && (change > kStepUs || change < -kStepUs);
    if (!known_ || (step && stepped_)) {
        known_ = true;
        stepped_ = false;
        shift_us_ = shift;
        return;
    }
    stepped_ = step;
    if (!step) shift_us_ += change / (change < 0 ? kFasterShare : kSlowerShare);
}

std::uint64_t SenderClock::publisher_ntp(TimeUs now) const { return ntp_from_us(now - shift_us_); }

std::optional<SenderReportTimes> sender_report_times(const SenderClock& clock,
                                                     const EncodingClock& encoding,
                                                     std::uint32_t offset, TimeUs now) {
    if (clock.known() && encoding.has_report())
        return SenderReportTimes{ntp_from_us(now),
                                 encoding.at_ntp(clock.publisher_ntp(now)).value + offset};
    if (encoding.has_packet())
        return SenderReportTimes{ntp_from_us(now), encoding.at_arrival(now).value + offset};
    return std::nullopt;
}

}  // namespace strata::relay

#include "relay/rewrite/timestamp_map.h"

#include <algorithm>

namespace strata::relay {

namespace {

// Arrivals count for one to two of these, so that clock drift and route changes are followed.
constexpr TimeUs kPeriodUs = 5 * kUsPerSecond;

// Ticks in `us`, which may be negative, modulo 2^32.
std::uint32_t ticks(TimeUs us, std::uint32_t rate_hz) {
    const TimeUs seconds = us / kUsPerSecond, rest = us % kUsPerSecond;
    return static_cast<std::uint32_t>(seconds * rate_hz + rest * rate_hz / kUsPerSecond);
}

// Ticks in a signed 32.32 span, modulo 2^32.
std::uint32_t ticks_of_ntp(std::int64_t span, std::uint32_t rate_hz) {
    const std::int64_t seconds = span >> 32;
    const std::int64_t fraction = span & 0xffff'ffff;
    return static_cast<std::uint32_t>(seconds * rate_hz + (fraction * rate_hz >> 32));
}

std::int32_t distance(std::uint32_t to, std::uint32_t from) {
    return static_cast<std::int32_t>(to - from);
}

}  // namespace

void EncodingClock::on_picture(RtpTimestamp timestamp, TimeUs now) {
    newest_ = timestamp;
    const Arrival arrival{timestamp, now};
    if (!has_packet_) {
        has_packet_ = true;
        fastest_ = fastest_before_ = arrival;
        period_began_ = now;
    } else if (now - period_began_ >= kPeriodUs) {
        fastest_before_ = now - period_began_ < 2 * kPeriodUs ? fastest_ : arrival;
        fastest_ = arrival;
        period_began_ = now;
    } else if (distance(timestamp.value, predict(fastest_, now).value) > 0) {
        fastest_ = arrival;
    }
}

void EncodingClock::on_sender_report(std::uint64_t ntp, RtpTimestamp timestamp) {
    has_report_ = true;
    report_ntp_ = ntp;
    report_timestamp_ = timestamp;
}

RtpTimestamp EncodingClock::at_ntp(std::uint64_t ntp) const {
    return report_timestamp_ + ticks_of_ntp(static_cast<std::int64_t>(ntp - report_ntp_), rate_hz_);
}

RtpTimestamp EncodingClock::predict(const Arrival& arrival, TimeUs now) const {
    return arrival.timestamp + ticks(now - arrival.at, rate_hz_);
}

RtpTimestamp EncodingClock::at_arrival(TimeUs now) const {
    const RtpTimestamp here = predict(fastest_, now), before = predict(fastest_before_, now);
    return distance(here.value, before.value) >= 0 ? here : before;
}

std::uint32_t switch_timestamp_offset(const EncodingClock& from, const EncodingClock& to,
                                      std::uint32_t offset, RtpTimestamp first,
                                      const LastTimestamp& last, TimeUs now) {
    std::uint32_t aligned;
    if (from.has_report() && to.has_report()) {
        const std::uint64_t ntp = to.report_ntp();
        aligned = offset + (from.at_ntp(ntp) - to.at_ntp(ntp));
    } else if (from.has_packet() && to.has_packet()) {
        aligned = offset + (from.at_arrival(now) - to.at_arrival(now));
    } else {
        return resume_timestamp_offset(to.rate_hz(), first, last, now);
    }
    const std::uint32_t out = first.value + aligned;
    if (distance(out, last.out.value) > 0) return aligned;
    return last.out.value + 1 - first.value;
}

std::uint32_t resume_timestamp_offset(std::uint32_t clock_rate_hz, RtpTimestamp first,
                                      const LastTimestamp& last, TimeUs now, TimeUs frame_us) {
    const TimeUs elapsed = std::max(now - last.sent_at, frame_us);
    return last.out.value + ticks(elapsed, clock_rate_hz) - first.value;
}

}  // namespace strata::relay

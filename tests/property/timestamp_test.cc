#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "relay/rewrite/sender_clock.h"
#include "relay/rewrite/timestamp_map.h"
#include "tests/property/random_channel.h"
#include "tests/property/seeds.h"

namespace strata::relay {
namespace {

constexpr TimeUs kFrameUs = 33'333;
constexpr std::uint32_t kRate = 90'000;
constexpr TimeUs kNtpShift = 3'900'000'000'000'000;

// Three encodings of one publisher, each with a random timestamp origin that may wrap at any
// moment. A receiver moves between them at random frames; what it is sent follows the capture time,
// never goes backwards, and its sender reports name the instant of each frame (C21, C22, C24, C31).
void check_case(std::uint64_t seed, bool reports) {
    Random random(seed);
    std::array<std::uint32_t, 3> origin;
    std::array<EncodingClock, 3> clocks;
    for (std::uint32_t& o : origin) o = random.any<std::uint32_t>();
    const auto stamp = [&](std::size_t e, TimeUs captured) {
        return RtpTimestamp{static_cast<std::uint32_t>(origin[e] + captured * kRate / 1'000'000)};
    };
    SenderClock sender;
    const TimeUs delay = random.between(1'000, 80'000);
    const TimeUs jitter = random.between(0, 20'000);
    if (reports)
        for (std::size_t e = 0; e < 3; ++e) {
            const TimeUs at = random.between(0, 3'000'000);
            clocks[e].on_sender_report(ntp_from_us(kNtpShift + at), stamp(e, at));
            sender.on_sender_report(ntp_from_us(kNtpShift + at), at + delay);
        }

    std::size_t current = 0;
    std::uint32_t offset = random.any<std::uint32_t>();
    LastTimestamp last;
    TimeUs last_captured = 0;
    for (int frame = 0; frame < 200; ++frame) {
        const TimeUs captured = frame * kFrameUs;
        const TimeUs now = captured + delay + random.between(0, jitter);
        for (std::size_t e = 0; e < 3; ++e) clocks[e].on_packet(stamp(e, captured), now);
        const auto target = static_cast<std::size_t>(random.between(0, 2));
        const bool settled = reports || frame > 60;  // the estimate needs a few arrivals
        if (frame > 0 && settled && target != current && random.chance(30)) {
            offset = switch_timestamp_offset(clocks[current], clocks[target], offset,
                                             stamp(target, captured), last, now);
            current = target;
        }
        const RtpTimestamp out = stamp(current, captured) + offset;
        if (frame > 0) {
            ASSERT_TRUE(out.ahead_of(last.out));
            const double expected = static_cast<double>(captured - last_captured) * 0.09;
            ASSERT_NEAR(static_cast<double>(out - last.out), expected, 3.0);
        }
        if (reports) {
            // The report made now, read back by a receiver: this frame's instant in relay time.
            const auto report = sender_report_times(sender, clocks[current], offset, now);
            ASSERT_TRUE(report);
            const auto ticks = static_cast<std::int32_t>(out.value - report->rtp_timestamp);
            const TimeUs instant = us_from_ntp(report->ntp) + TimeUs{ticks} * 1'000'000 / kRate;
            ASSERT_LE(std::abs(instant - (captured + delay)), 60);
        }
        last = {out, now};
        last_captured = captured;
    }
}

TEST(TimestampProperty, SwitchesFollowTheSenderReports) {
    for (const std::uint64_t seed : seeds(500)) {
        SCOPED_TRACE(seed);
        check_case(seed, true);
        if (HasFatalFailure()) return;
    }
}

// Here all encodings' packets share each frame's jitter, as packets of one burst do.
TEST(TimestampProperty, WithoutReportsArrivalsAreTheEstimate) {
    for (const std::uint64_t seed : seeds(500)) {
        SCOPED_TRACE(seed);
        check_case(seed, false);
        if (HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace strata::relay

#include "relay/rewrite/timestamp_map.h"

#include <gtest/gtest.h>

#include "relay/rewrite/sender_clock.h"

namespace strata::relay::timestamp_map_test {
namespace {

constexpr std::uint32_t kRate = 90'000;
constexpr TimeUs kSecond = 1'000'000;

// RTP timestamp of publisher time `us` in an encoding whose clock starts at `base`.
RtpTimestamp stamp(std::uint32_t base, TimeUs us) {
    return {static_cast<std::uint32_t>(base + us * kRate / kSecond)};
}

TEST(TimestampMap, SenderReportsAlignEncodings) {              // C21
    const std::uint32_t base_a = 4'294'960'000u, base_b = 17;  // a wraps within a second (C24)
    EncodingClock a(kRate), b(kRate);
    a.on_sender_report(ntp_from_us(5 * kSecond), stamp(base_a, 5 * kSecond));
    b.on_sender_report(ntp_from_us(6 * kSecond), stamp(base_b, 6 * kSecond));
    const std::uint32_t offset_a = 1'000;
    const LastTimestamp last{stamp(base_a + offset_a, 7 * kSecond), 0};
    const RtpTimestamp first = stamp(base_b, 7 * kSecond + 33'333);
    const std::uint32_t offset_b = switch_timestamp_offset(a, b, offset_a, first, last, kSecond);
    const RtpTimestamp out = first + offset_b;
    EXPECT_NEAR(static_cast<double>(out - last.out), 3'000.0, 2.0);
}

TEST(TimestampMap, WithoutReportsTheFastestArrivalsAlign) {  // C22
    EncodingClock a(kRate), b(kRate);
    for (int frame = 0; frame < 60; ++frame) {
        const TimeUs captured = frame * 33'333;
        const TimeUs jitter = frame % 7 * 4'000;
        a.on_packet(stamp(500, captured), captured + 20'000 + jitter);
        b.on_packet(stamp(90'000'000, captured), captured + 20'000 + (frame % 5) * 6'000);
    }
    const TimeUs captured = 60 * 33'333;
    const LastTimestamp last{stamp(500, captured - 33'333), 0};
    const RtpTimestamp first = stamp(90'000'000, captured);
    const std::uint32_t offset = switch_timestamp_offset(a, b, 0, first, last, captured + 40'000);
    EXPECT_NEAR(static_cast<double>(first + offset - last.out), 3'000.0, 2.0);
}

TEST(TimestampMap, SlowArrivalsDoNotMoveTheEstimateAtOnce) {  // C22
    EncodingClock clock(kRate);
    clock.on_packet(stamp(0, 0), 10'000);
    for (TimeUs at = 0; at < 8 * kSecond; at += 40'000)
        clock.on_packet(stamp(0, at), at + (at < 3 * kSecond ? 10'000 : 60'000));
    EXPECT_NEAR(clock.at_arrival(8 * kSecond).value, stamp(0, 8 * kSecond - 10'000).value, 2);
    for (TimeUs at = 8 * kSecond; at < 19 * kSecond; at += 40'000)
        clock.on_packet(stamp(0, at), at + 60'000);
    EXPECT_NEAR(clock.at_arrival(19 * kSecond).value, stamp(0, 19 * kSecond - 60'000).value, 2)
        << "a longer way is followed in the end";
}

TEST(TimestampMap, NeverBackwards) {  // C21
    EncodingClock a(kRate), b(kRate);
    a.on_sender_report(ntp_from_us(kSecond), stamp(0, kSecond));
    b.on_sender_report(ntp_from_us(kSecond), stamp(0, kSecond));
    const LastTimestamp last{stamp(0, 2 * kSecond), 0};
    const RtpTimestamp same = stamp(0, 2 * kSecond), before = stamp(0, kSecond);
    for (const RtpTimestamp first : {same, before}) {
        const RtpTimestamp out = first + switch_timestamp_offset(a, b, 0, first, last, 0);
        EXPECT_EQ(out.value, last.out.value + 1);
    }
}

TEST(TimestampMap, BetweenPublishersElapsedTimeCounts) {  // C21, C49
    const LastTimestamp last{RtpTimestamp{0xffff'ff00u}, 10 * kSecond};
    const RtpTimestamp first{12'345};
    std::uint32_t offset = resume_timestamp_offset(kRate, first, last, 12 * kSecond);
    EXPECT_EQ((first + offset) - last.out, 2 * kRate);
    offset = resume_timestamp_offset(kRate, first, last, 10 * kSecond + 10);
    EXPECT_EQ((first + offset) - last.out, 2'999u) << "at least one frame";
    const EncodingClock nothing(kRate);
    EXPECT_EQ(switch_timestamp_offset(nothing, nothing, 0, first, last, 12 * kSecond),
              resume_timestamp_offset(kRate, first, last, 12 * kSecond));
}

}  // namespace
}  // namespace strata::relay::timestamp_map_test

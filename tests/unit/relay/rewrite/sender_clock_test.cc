#include "relay/rewrite/sender_clock.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace strata::relay::sender_clock_test {
namespace {

constexpr TimeUs kSecond = 1'000'000;
constexpr TimeUs kPublisherAhead = 3'900'000'000 * kSecond;  // an NTP clock of this decade

TEST(SenderClock, NtpAndBack) {
    for (const TimeUs us : {TimeUs{0}, TimeUs{1}, TimeUs{999'999}, kPublisherAhead + 123'456})
        EXPECT_EQ(us_from_ntp(ntp_from_us(us)), us);
    EXPECT_EQ(ntp_from_us(1'500'000), 0x1'8000'0000u);
}

TEST(SenderClock, OneConstantSlowlyFiltered) {  // C31
    SenderClock clock;
    EXPECT_FALSE(clock.known());
    clock.on_sender_report(ntp_from_us(kPublisherAhead), 20'000);
    for (int i = 1; i < 200; ++i) {
        const TimeUs delay = 20'000 + i % 4 * 5'000;
        clock.on_sender_report(ntp_from_us(kPublisherAhead + i * kSecond), i * kSecond + delay);
    }
    const TimeUs now = 300 * kSecond;
    const TimeUs error = us_from_ntp(clock.publisher_ntp(now)) - (kPublisherAhead + now - 20'000);
    EXPECT_LT(std::abs(error), 2'500) << "arrivals jitter by 15 ms";
}

TEST(SenderClock, AStepIsAdoptedWhenSeenTwice) {
    SenderClock clock;
    clock.on_sender_report(ntp_from_us(kPublisherAhead), 0);
    const auto stepped = [](TimeUs now) {
        return ntp_from_us(kPublisherAhead + 60 * kSecond + now);
    };
    clock.on_sender_report(stepped(kSecond), kSecond);
    EXPECT_EQ(us_from_ntp(clock.publisher_ntp(kSecond)), kPublisherAhead + kSecond);
    clock.on_sender_report(stepped(2 * kSecond), 2 * kSecond);
    EXPECT_EQ(clock.publisher_ntp(2 * kSecond), stepped(2 * kSecond));
}

TEST(SenderClock, ReportsOfAudioAndVideoNameTheSameInstant) {  // C31
    SenderClock clock;
    EncodingClock audio(48'000), video(90'000);
    const std::uint64_t ntp = ntp_from_us(kPublisherAhead);
    audio.on_sender_report(ntp, RtpTimestamp{5'000});
    video.on_sender_report(ntp_from_us(kPublisherAhead + kSecond / 2), RtpTimestamp{0xffff'fff0u});
    clock.on_sender_report(ntp, 30'000);
    clock.on_sender_report(ntp_from_us(kPublisherAhead + kSecond / 2), 530'000);
    const TimeUs now = 2'030'000;  // publisher: 2 s later
    const auto a = sender_report_times(clock, audio, 7, now);
    const auto v = sender_report_times(clock, video, 9, now);
    ASSERT_TRUE(a && v);
    EXPECT_EQ(a->ntp, v->ntp);
    EXPECT_EQ(a->ntp, ntp_from_us(now));
    EXPECT_NEAR(a->rtp_timestamp, 5'000u + 96'000u + 7u, 1);
    EXPECT_NEAR(v->rtp_timestamp, 135'000u - 16u + 9u, 1);
}

TEST(SenderClock, BeforeTheFirstReportArrivalIsTheEstimate) {  // C22
    SenderClock clock;
    EncodingClock video(90'000);
    EXPECT_FALSE(sender_report_times(clock, video, 0, 0));
    video.on_packet(RtpTimestamp{1'000}, kSecond);
    const auto times = sender_report_times(clock, video, 10, 2 * kSecond);
    ASSERT_TRUE(times);
    EXPECT_EQ(times->rtp_timestamp, 91'010u);
}

}  // namespace
}  // namespace strata::relay::sender_clock_test

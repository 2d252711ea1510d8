#include "relay/rtp/reception_statistics.h"

#include <gtest/gtest.h>

#include <random>

namespace strata::relay {
namespace {

constexpr std::uint32_t kClock = 90'000;
constexpr Ssrc kSource{42};

// Sends `sequence` as a perfectly paced packet: 10 ms and 900 timestamp units per number.
void feed(ReceptionStatistics& statistics, std::int64_t sequence) {
    statistics.on_packet({static_cast<std::uint16_t>(sequence)},
                         {static_cast<std::uint32_t>(sequence * 900)}, sequence * 10'000);
}

TEST(ReceptionStatistics, LossInTheInterval) {
    ReceptionStatistics statistics(kClock);
    EXPECT_FALSE(statistics.report(kSource, 0));
    for (int n = 0; n < 100; ++n)
        if (n % 4 != 1) feed(statistics, n);
    auto block = statistics.report(kSource, 0);
    ASSERT_TRUE(block);
    EXPECT_EQ(block->ssrc, kSource);
    EXPECT_EQ(block->fraction_lost, 64);
    EXPECT_EQ(block->cumulative_lost, 25);
    EXPECT_EQ(block->extended_highest_sequence, 99u);
    EXPECT_EQ(block->jitter, 0u);
    EXPECT_FALSE(statistics.report(kSource, 0)) << "nothing came since";
    for (int n = 100; n < 200; ++n) feed(statistics, n);
    block = statistics.report(kSource, 0);
    EXPECT_EQ(block->fraction_lost, 0);
    EXPECT_EQ(block->cumulative_lost, 25);
}

TEST(ReceptionStatistics, AllLostInTheIntervalSaturates) {
    ReceptionStatistics statistics(kClock);
    feed(statistics, 0);
    statistics.report(kSource, 0);
    feed(statistics, 2'900);
    EXPECT_EQ(statistics.report(kSource, 0)->fraction_lost, 255);
}

TEST(ReceptionStatistics, WrapAndReordering) {  // C24
    ReceptionStatistics statistics(kClock);
    for (const int n : {65'533, 65'535, 65'534, 65'536, 65'538, 65'537, 65'537})
        feed(statistics, n);
    EXPECT_EQ(statistics.extended_highest_sequence(), 65'538u);
    const auto block = statistics.report(kSource, 0);
    EXPECT_EQ(block->cumulative_lost, -1) << "a duplicate";
    EXPECT_EQ(block->fraction_lost, 0);
}

TEST(ReceptionStatistics, CyclesGoOnFromAnotherProcess) {  // C53
    for (const int first : {3 * 65'536 - 7, 3 * 65'536 + 2, 3 * 65'536 + 900}) {
        ReceptionStatistics statistics(kClock);
        statistics.resume(3 * 65'536 - 2);
        for (int n = first; n < first + 1'000; ++n) feed(statistics, n);
        EXPECT_EQ(statistics.extended_highest_sequence(), static_cast<unsigned>(first) + 999u);
        EXPECT_EQ(statistics.lost(), 0) << "what the gap cost nobody knows";
    }
    ReceptionStatistics young(kClock);
    young.resume(5);
    feed(young, 65'530);
    EXPECT_EQ(young.extended_highest_sequence(), 65'530u) << "no number is below 0";
}

TEST(ReceptionStatistics, RestartNeedsTwoPackets) {  // C24
    ReceptionStatistics statistics(kClock);
    for (int n = 0; n < 10; ++n) feed(statistics, n);
    feed(statistics, 30'000);
    EXPECT_EQ(statistics.extended_highest_sequence(), 9u) << "one stray packet proves nothing";
    feed(statistics, 10);
    feed(statistics, 40'000);
    feed(statistics, 40'001);
    EXPECT_EQ(statistics.restarts(), 1u);
    EXPECT_EQ(statistics.extended_highest_sequence(), 40'001u);
    const auto block = statistics.report(kSource, 0);
    EXPECT_EQ(block->cumulative_lost, 0);
    EXPECT_EQ(statistics.received(), 14u);
}

TEST(ReceptionStatistics, Jitter) {
    ReceptionStatistics statistics(kClock);
    // Every other packet 2 ms (180 units) late: the filter settles at the mean difference.
    for (int n = 0; n < 500; ++n)
        statistics.on_packet({static_cast<std::uint16_t>(n)}, {static_cast<std::uint32_t>(n * 900)},
                             n * 10'000 + (n % 2) * 2'000);
    EXPECT_NEAR(statistics.jitter(), 180, 3);
    const std::uint32_t before = statistics.jitter();
    statistics.on_packet({500}, {4'000'000'000u}, 500 * 10'000);
    EXPECT_EQ(statistics.jitter(), before) << "a new timestamp base isn't jitter";
}

TEST(ReceptionStatistics, ARunIsAsItsPacketsOneByOne) {
    std::mt19937 random(7);
    ReceptionStatistics runs(kClock), single(kClock);
    std::uint16_t sequence = 65'000;
    for (int i = 0; i < 3'000; ++i) {
        const auto count = static_cast<std::uint16_t>(1 + random() % 40);
        const TimeUs at = i * 33'000 + random() % 5'000;
        const RtpTimestamp timestamp{static_cast<std::uint32_t>(i) * 3'000u};
        if (random() % 20 == 0) sequence = static_cast<std::uint16_t>(sequence + random() % 9'000);
        if (random() % 20 == 0) sequence = static_cast<std::uint16_t>(sequence - random() % 50);
        runs.on_run({sequence}, count, timestamp, at);
        for (std::uint16_t k = 0; k < count; ++k, ++sequence)
            single.on_packet({sequence}, timestamp, at);
        ASSERT_EQ(runs.extended_highest_sequence(), single.extended_highest_sequence()) << i;
        ASSERT_EQ(runs.jitter(), single.jitter()) << i;
        ASSERT_EQ(runs.lost(), single.lost()) << i;
        ASSERT_EQ(runs.received(), single.received()) << i;
        ASSERT_EQ(runs.restarts(), single.restarts()) << i;
    }
    EXPECT_GT(runs.restarts(), 3u);
}

TEST(ReceptionStatistics, LargeClocksDoNotOverflow) {
    ReceptionStatistics statistics(0xFFFF'FFFF);
    const TimeUs years = 1'000'000'000'000'000;
    statistics.on_packet({1}, {1}, years);
    statistics.on_packet({2}, {2}, years + 10'000);
    EXPECT_TRUE(statistics.report(kSource, years + 20'000));
}

TEST(ReceptionStatistics, SenderReportTimes) {  // C31
    ReceptionStatistics statistics(kClock);
    feed(statistics, 1);
    EXPECT_EQ(statistics.report(kSource, 50'000)->last_sr, 0u);
    statistics.on_sender_report(0x1111'2222'3333'4444, 1'000'000);
    feed(statistics, 2);
    const auto block = statistics.report(kSource, 3'500'000);
    EXPECT_EQ(block->last_sr, 0x2222'3333u);
    EXPECT_EQ(block->delay_since_last_sr, 65'536u * 5 / 2);
}

}  // namespace
}  // namespace strata::relay

#include "dataplane/api/turn_log.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace strata::api {
namespace {

// Every field tells the same number, so that a torn one shows.
TurnRecord record_of(std::uint64_t n) {
    const auto half = static_cast<std::uint32_t>(n);
    return {.begin_us = n,
            .begin_tsc = n,
            .duration_ns = n,
            .gap_ns = n,
            .received = half,
            .sent = half,
            .timers = half,
            .commands = half};
}

void expect_whole(const TurnRecord& r) {
    EXPECT_EQ(r.begin_us, r.number);
    EXPECT_EQ(r.begin_tsc, r.number);
    EXPECT_EQ(r.duration_ns, r.number);
    EXPECT_EQ(r.gap_ns, r.number);
    EXPECT_EQ(r.received, r.number);
    EXPECT_EQ(r.sent, r.number);
    EXPECT_EQ(r.timers, r.number);
    EXPECT_EQ(r.commands, r.number);
}

TEST(TurnLog, KeepsTheNewestInTheirOrder) {
    const auto log = std::make_unique<TurnLog>();
    EXPECT_TRUE(log->read().empty());
    for (std::uint64_t n = 1; n <= 5; ++n) log->add(record_of(n));
    ASSERT_EQ(log->read().size(), 5u);
    for (std::uint64_t n = 6; n <= TurnLog::kRecords + 5; ++n) log->add(record_of(n));
    const auto records = log->read();
    ASSERT_EQ(records.size(), TurnLog::kRecords);
    for (std::size_t i = 0; i < records.size(); ++i) {
        EXPECT_EQ(records[i].number, i + 6);
        expect_whole(records[i]);
    }
}

TEST(TurnLog, ReadersNeverSeeHalfARecord) {
    const auto log = std::make_unique<TurnLog>();
    constexpr std::uint64_t kWritten = 200'000;
    std::thread writer([&] {
        for (std::uint64_t n = 1; n <= kWritten; ++n) log->add(record_of(n));
    });
    std::uint64_t newest = 0;
    for (int i = 0; i < 2'000 && newest < kWritten; ++i)
        for (const TurnRecord& record : log->read()) {
            expect_whole(record);
            newest = std::max(newest, record.number);
        }
    writer.join();
    EXPECT_EQ(log->read().back().number, kWritten);
}

}  // namespace
}  // namespace strata::api

#include "bench/generator/journal.h"

#include <gtest/gtest.h>

namespace strata::gen {
namespace {

SentFrame frame_at(std::int64_t sent_us, std::uint8_t spatial = 0) {
    SentFrame frame;
    frame.sent_us = sent_us;
    frame.spatial_id = spatial;
    return frame;
}

TEST(Journal, ForgetsTheOldest) {
    Journal journal(4, 2);
    for (int i = 0; i < 6; ++i) {
        const std::int64_t ordinal = journal.begin_frame(frame_at(i + 1));
        journal.add_packet({static_cast<std::uint64_t>(i), i + 1, ordinal, 0});
    }
    EXPECT_EQ(journal.find(1, false, 0), nullptr);
    ASSERT_NE(journal.find(2, false, 0), nullptr);
    EXPECT_EQ(journal.frame(3), nullptr);
    ASSERT_NE(journal.frame(4), nullptr);
    EXPECT_EQ(journal.frame(4)->packets, 1);
    EXPECT_EQ(journal.frame(6), nullptr);
    EXPECT_EQ(journal.packets(), 6u);
}

TEST(Journal, EqualContentIsToldApartByTimestampElseTheLatestCounts) {
    Journal journal;
    for (std::uint32_t i = 0; i < 3; ++i)
        journal.add_packet({7, i * 100, journal.begin_frame(frame_at(i * 100)), i * 960});
    EXPECT_EQ(journal.find(7, true, 960)->sent_us, 100);
    EXPECT_EQ(journal.find(7, true, 5)->sent_us, 200);
    EXPECT_EQ(journal.find(7, false, 0)->sent_us, 200);
}

TEST(Journal, KnowsWhenALayerWasLastSent) {
    Journal journal;
    EXPECT_EQ(journal.last_sent_us(0, 0), -1);
    journal.begin_frame(frame_at(10, 2));
    journal.begin_frame(frame_at(20, 0));
    EXPECT_EQ(journal.last_sent_us(0, 2), 10);
    EXPECT_EQ(journal.last_sent_us(0, 0), 20);
    EXPECT_EQ(journal.max_spatial_id(0), 2);
}

}  // namespace
}  // namespace strata::gen

#include "dataplane/api/observation_log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>

namespace strata::api {
namespace {

constexpr std::size_t kHeadWords = sizeof(ObservedHead) / 8;

// A record whose tail is `words` words that all say `value`.
std::vector<std::uint64_t> record_of(std::uint64_t value, std::size_t words) {
    ObservedHead head;
    head.words = static_cast<std::uint32_t>(kHeadWords + words);
    head.observation = value;
    std::vector<std::uint64_t> record(kHeadWords + words, value);
    std::memcpy(record.data(), &head, sizeof head);
    return record;
}

class ObservationLogTest : public ::testing::Test {
  protected:
    std::uint64_t add(std::uint64_t value, std::size_t words = 4) {
        auto record = record_of(value, words);
        return log_.append(record);
    }
    ObservationSegment segment_ =
        ObservationSegment::create("", {.workers = 2, .log_bytes = 1, .epoch = 7}).value();
    ObservationLog log_ = segment_.log(0);
    ObservationLog second_ = segment_.log(1);
};

TEST_F(ObservationLogTest, WhatIsPublishedIsReadInItsOrder) {
    auto reader = ObservationReader::of(segment_).value();
    EXPECT_EQ(reader.epoch(), 7u);
    EXPECT_EQ(reader.workers(), 2u);
    add(1);
    const std::uint64_t at = add(2, 9);
    EXPECT_EQ(reader.next(0), nullptr) << "before it is published";
    log_.set_word(at + kHeadWords, 77);
    log_.publish();
    const ObservedHead* head = reader.next(0);
    ASSERT_NE(head, nullptr);
    EXPECT_EQ(head->number, 1u);
    EXPECT_EQ(head->observation, 1u);
    EXPECT_EQ(reader.tail().size(), 32u);
    head = reader.next(0);
    ASSERT_NE(head, nullptr);
    EXPECT_EQ(head->number, 2u);
    ASSERT_EQ(reader.tail().size(), 72u);
    std::array<std::uint64_t, 9> tail;
    std::memcpy(tail.data(), reader.tail().data(), sizeof tail);
    EXPECT_EQ(tail[0], 77u);
    EXPECT_EQ(tail[8], 2u);
    EXPECT_EQ(reader.next(0), nullptr);
    EXPECT_EQ(reader.next(1), nullptr);
    EXPECT_EQ(reader.lost(), 0u);
}

TEST_F(ObservationLogTest, AReaderBeginsAtTheEnd) {
    add(1);
    log_.publish();
    auto reader = ObservationReader::of(segment_).value();
    EXPECT_EQ(reader.next(0), nullptr);
    add(2);
    log_.publish();
    ASSERT_NE(reader.next(0), nullptr);
    EXPECT_EQ(reader.lost(), 0u);
}

// The log holds 8,192 words; what a slow reader misses is known by the numbers.
TEST_F(ObservationLogTest, OverwrittenRecordsAreCountedAsLost) {
    auto reader = ObservationReader::of(segment_).value();
    for (std::uint64_t i = 0; i < 1'000; ++i) add(i);
    log_.publish();
    EXPECT_EQ(reader.next(0), nullptr);
    EXPECT_EQ(reader.next(0), nullptr);
    add(1'000);
    log_.publish();
    const ObservedHead* head = reader.next(0);
    ASSERT_NE(head, nullptr);
    EXPECT_EQ(head->observation, 1'000u);
    EXPECT_EQ(reader.lost(), 1'000u);
}

TEST_F(ObservationLogTest, AWordOfARecordThatIsGoneIsLeftAlone) {
    const std::uint64_t at = add(1);
    for (std::uint64_t i = 2; i < 700; ++i) add(i);
    log_.set_word(at, ~std::uint64_t{0});
    log_.publish();
    auto reader = ObservationReader::of(segment_).value();
    add(5);
    log_.publish();
    ASSERT_NE(reader.next(0), nullptr);
}

TEST_F(ObservationLogTest, AnotherBuildsSegmentIsRefused) {
    segment_.header().head_bytes += 8;
    EXPECT_FALSE(ObservationReader::of(segment_));
    segment_.header().head_bytes -= 8;
    segment_.header().workers = 3;  // more than there is room for
    EXPECT_FALSE(ObservationReader::of(segment_));
    EXPECT_FALSE(ObservationReader::open("/strata-test-no-such-segment"));
}

// A length that can't be true ends the reading of what was there, and nothing else.
TEST_F(ObservationLogTest, ADamagedRecordIsSkipped) {
    auto reader = ObservationReader::of(segment_).value();
    const std::uint64_t at = add(1);
    log_.set_word(at, 0xffff'ffff);
    log_.publish();
    EXPECT_EQ(reader.next(0), nullptr);
    add(2);
    log_.publish();
    const ObservedHead* head = reader.next(0);
    ASSERT_NE(head, nullptr);
    EXPECT_EQ(head->observation, 2u);
    EXPECT_EQ(reader.lost(), 1u);
}

TEST_F(ObservationLogTest, AFastWriterNeverShowsHalfARecord) {
    auto reader = ObservationReader::of(segment_).value();
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        for (std::uint64_t i = 1; i <= 200'000; ++i) {
            add(i, 1 + i % 200);
            if (i % 3 == 0) log_.publish();
        }
        log_.publish();
        stop = true;
    });
    std::uint64_t read = 0;
    for (bool last = false; !last;) {
        last = stop;
        while (const ObservedHead* head = reader.next(0)) {
            ++read;
            ASSERT_EQ(head->observation, head->number);
            std::vector<std::uint64_t> tail(reader.tail().size() / 8);
            std::memcpy(tail.data(), reader.tail().data(), reader.tail().size());
            for (const std::uint64_t word : tail) ASSERT_EQ(word, head->number);
        }
    }
    writer.join();
    add(200'001);
    log_.publish();
    while (reader.next(0)) ++read;
    EXPECT_EQ(read + reader.lost(), 200'001u);
}

}  // namespace
}  // namespace strata::api

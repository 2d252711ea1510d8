#include "relay/recovery/missing_packets.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace strata::relay {
namespace {

std::vector<std::uint16_t> due(MissingPackets& missing, TimeUs now, std::size_t most = 64) {
    std::vector<SequenceNumber> room(most);
    room.resize(missing.due(now, room));
    std::vector<std::uint16_t> numbers;
    for (const SequenceNumber number : room) numbers.push_back(number.value);
    return numbers;
}

using Numbers = std::vector<std::uint16_t>;

void feed(MissingPackets& missing, std::uint16_t from, std::uint16_t to, TimeUs now) {
    for (std::uint16_t n = from; n != static_cast<std::uint16_t>(to + 1); ++n)
        missing.on_packet({.sequence = {n}}, now);
}

TEST(MissingPackets, ReorderingIsNotLoss) {  // C28
    MissingPackets missing({});
    feed(missing, 1, 3, 0);
    missing.on_packet({.sequence = {5}}, 1'000);
    EXPECT_TRUE(due(missing, 2'000).empty());
    missing.on_packet({.sequence = {4}}, 3'000);
    EXPECT_EQ(missing.size(), 0u);
    EXPECT_TRUE(due(missing, 500'000).empty());
    EXPECT_EQ(missing.recovered(), 0u);
}

TEST(MissingPackets, AskedForOverTheWrap) {  // C24
    MissingPackets missing({});
    feed(missing, 65'530, 65'533, 0);
    feed(missing, 2, 4, 0);
    EXPECT_EQ(due(missing, 30'000), (Numbers{65'534, 65'535, 0, 1}));
    EXPECT_TRUE(due(missing, 30'000).empty()) << "not twice within a round trip";
}

TEST(MissingPackets, RepeatedMoreAndMoreSeldomThenGivenUp) {  // C27's upstream side
    MissingPackets missing({.give_up_us = 10'000'000, .max_requests = 4});
    feed(missing, 1, 1, 0);
    feed(missing, 3, 3, 0);
    std::vector<TimeUs> asked;
    for (TimeUs now = 0; now < 10'000'000; now += 5'000)
        if (!due(missing, now).empty()) asked.push_back(now);
    ASSERT_EQ(asked.size(), 4u);
    EXPECT_LT(asked[1] - asked[0], asked[2] - asked[1]);
    EXPECT_LT(asked[2] - asked[1], asked[3] - asked[2]);
    EXPECT_EQ(missing.size(), 0u);
    EXPECT_EQ(missing.given_up(), 1u);
}

TEST(MissingPackets, GivenUpAfterItsTime) {
    MissingPackets missing({.give_up_us = 300'000});
    feed(missing, 1, 1, 0);
    feed(missing, 3, 3, 0);
    due(missing, 299'999);
    EXPECT_EQ(missing.size(), 1u);
    EXPECT_TRUE(due(missing, 300'000).empty());
    EXPECT_EQ(missing.size(), 0u);
}

TEST(MissingPackets, LearnsTheRoundTrip) {
    MissingPackets missing({});
    std::uint16_t n = 0;
    TimeUs now = 0;
    for (int i = 0; i < 50; ++i, n = static_cast<std::uint16_t>(n + 2), now += 200'000) {
        missing.on_packet({.sequence = {n}}, now);
        missing.on_packet({.sequence = {static_cast<std::uint16_t>(n + 2)}}, now);
        EXPECT_EQ(due(missing, now + 25'000).size(), 1u);
        missing.on_packet({.sequence = {static_cast<std::uint16_t>(n + 1)}}, now + 25'000 + 40'000);
    }
    EXPECT_NEAR(static_cast<double>(missing.round_trip_us()), 40'000, 2'000);
    EXPECT_EQ(missing.recovered(), 50u);
}

TEST(MissingPackets, ACompleteKeyFrameForgetsWhatCameBefore) {  // C28
    MissingPackets missing({});
    feed(missing, 1, 1, 0);
    missing.on_packet({.sequence = {5}}, 0);  // 2, 3 and 4 are missing
    missing.on_packet({.sequence = {6}, .starts_key_frame = true}, 0);
    missing.on_packet({.sequence = {8}, .ends_picture = true}, 0);
    EXPECT_EQ(missing.size(), 4u) << "the key frame itself lacks one";
    missing.on_packet({.sequence = {7}}, 1'000);
    EXPECT_EQ(missing.size(), 0u);
}

TEST(MissingPackets, AKeyFramesOwnPacketsAreNeverForgotten) {  // C28
    MissingPackets missing({});
    feed(missing, 1, 2, 0);
    missing.on_packet({.sequence = {3}, .starts_key_frame = true}, 0);
    missing.on_packet({.sequence = {5}, .ends_picture = true}, 0);
    feed(missing, 6, 9, 0);
    EXPECT_EQ(due(missing, 50'000), (Numbers{4}));
}

TEST(MissingPackets, TooManyAtOnceCostTheOldest) {
    MissingPackets missing({});
    std::uint16_t n = 0;
    for (int i = 0; i < 400; ++i, n = static_cast<std::uint16_t>(n + 2))
        missing.on_packet({.sequence = {n}}, 0);
    EXPECT_EQ(missing.size(), MissingPackets::kCapacity);
    EXPECT_EQ(missing.given_up(), 399 - MissingPackets::kCapacity);
    EXPECT_EQ(due(missing, 30'000, 2), (Numbers{287, 289}));
}

TEST(MissingPackets, AJumpIsNotMended) {
    MissingPackets missing({});
    feed(missing, 1, 3, 0);
    missing.on_packet({.sequence = {1'000}}, 0);
    EXPECT_EQ(missing.size(), 0u);
    missing.on_packet({.sequence = {1'002}}, 0);
    EXPECT_EQ(due(missing, 30'000), (Numbers{1'001}));
}

TEST(MissingPackets, ASourceThatRestartsItsNumbers) {  // C24
    MissingPackets missing({});
    feed(missing, 40'000, 40'010, 0);
    feed(missing, 20'000, 20'010, 0);
    missing.on_packet({.sequence = {20'012}}, 0);
    EXPECT_EQ(due(missing, 30'000), (Numbers{20'011}));
}

}  // namespace
}  // namespace strata::relay

#include "control/room/speakers.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace strata::control {
namespace {

constexpr std::chrono::milliseconds kLook{250};
constexpr std::uint64_t kPerLook = 12;  // packets of 20 ms

class SpeakersTest : public testing::Test {
  protected:
    // Those in `talking` talk for so long, all others of `tracks_` are silent. How often the order
    // changed meanwhile.
    int pass(std::chrono::milliseconds time, const std::vector<std::uint64_t>& talking = {}) {
        int changes = 0;
        for (const auto end = now_ + time; now_ < end;) {
            now_ += kLook;
            for (const std::uint64_t track : talking) counted_[track] += kPerLook;
            changes += look() ? 1 : 0;
        }
        return changes;
    }
    bool look() {
        std::vector<Speakers::Count> counts;
        for (const std::uint64_t track : tracks_)
            counts.push_back({TrackId{track}, counted_[track]});
        return speakers_.observe(counts, now_);
    }
    std::uint32_t place(std::uint64_t track) const { return speakers_.place(TrackId{track}); }

    std::vector<std::uint64_t> tracks_{1, 2, 3};
    std::map<std::uint64_t, std::uint64_t> counted_;
    Speakers speakers_;
    Speakers::Time now_{};
};

TEST_F(SpeakersTest, WhoSpeaksIsFirstAndWhoNeverDidHasNoPlace) {
    EXPECT_EQ(pass(kLook), 0);
    EXPECT_EQ(pass(kLook * 2, {2}), 1);
    EXPECT_EQ(place(2), 0u);
    EXPECT_EQ(place(1), kNeverHeard);
    EXPECT_EQ(place(7), kNeverHeard);
}

TEST_F(SpeakersTest, ACoughIsNoSpeech) {
    pass(kLook);
    counted_[1] += Speakers::kOnsetPackets - 1;
    EXPECT_EQ(pass(kLook), 0);
    EXPECT_EQ(pass(Speakers::kGap + kLook), 0);
    counted_[1] += Speakers::kOnsetPackets - 1;  // another one, later
    EXPECT_EQ(pass(kLook), 0);
    EXPECT_EQ(place(1), kNeverHeard);
    counted_[1] += 1;  // without a gap
    EXPECT_EQ(pass(kLook), 1);
    EXPECT_EQ(place(1), 0u);
}

TEST_F(SpeakersTest, NobodyOvertakesWhoIsSpeaking) {
    pass(kLook);
    pass(kLook * 2, {3});
    pass(kLook * 2, {3, 1});
    EXPECT_EQ(place(3), 0u);
    EXPECT_EQ(place(1), 1u);
    EXPECT_EQ(pass(std::chrono::minutes(1), {3, 1}), 0);  // no flapping
}

TEST_F(SpeakersTest, APauseEndsNothingAndSilenceDoes) {
    pass(kLook);
    pass(kLook * 2, {3, 1});
    // Breathing, over and over.
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(pass(Speakers::kSilence - kLook * 2, {3}), 0);
        EXPECT_EQ(pass(kLook, {3, 1}), 0);
    }
    EXPECT_LT(place(1), place(3));  // both began at once
    EXPECT_EQ(pass(Speakers::kSilence + kLook, {3}), 1);
    EXPECT_EQ(place(3), 0u);
    EXPECT_EQ(place(1), 1u);
    // Who spoke last is before who spoke earlier, and both behind who speaks.
    pass(Speakers::kSilence + kLook);
    pass(kLook * 2, {2});
    EXPECT_EQ(place(2), 0u);
    EXPECT_EQ(place(3), 1u);
    EXPECT_EQ(place(1), 2u);
}

TEST_F(SpeakersTest, WhatWasCountedBeforeSaysNothing) {
    counted_[1] = 1'000'000;
    EXPECT_FALSE(look());
    EXPECT_EQ(pass(kLook), 0);
    EXPECT_EQ(place(1), kNeverHeard);
}

TEST_F(SpeakersTest, AnotherDataPlaneCountsFromTheBeginning) {
    counted_[1] = 500;
    pass(kLook);
    pass(kLook * 2, {1});
    counted_[1] = 3;
    EXPECT_EQ(pass(kLook), 0);
    EXPECT_EQ(place(1), 0u);
    EXPECT_EQ(pass(kLook * 8, {1}), 0);
    EXPECT_EQ(place(1), 0u);
}

TEST_F(SpeakersTest, WhoIsGoneIsForgotten) {
    pass(kLook);
    pass(kLook * 2, {1, 2});
    std::erase(tracks_, 1u);
    EXPECT_TRUE(look());
    EXPECT_EQ(place(1), kNeverHeard);
    EXPECT_EQ(place(2), 0u);
    tracks_.push_back(1);  // and comes back with all that was counted
    EXPECT_FALSE(look());
    EXPECT_EQ(place(1), kNeverHeard);
    tracks_.clear();
    EXPECT_TRUE(look());
}

}  // namespace
}  // namespace strata::control

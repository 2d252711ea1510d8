#include "dataplane/worker/ended_legs.h"

#include <gtest/gtest.h>

namespace strata::dataplane {
namespace {

relay::Continuation after(std::uint16_t sequence) {
    relay::Continuation last;
    last.ever = true;
    last.next_sequence = sequence;
    return last;
}

TEST(EndedLegs, KeepsTheLastNumbersOfEachSsrc) {  // C21
    EndedLegs legs(2);
    legs.keep(10, after(100));
    legs.keep(20, after(200));
    legs.keep(10, after(150));
    EXPECT_EQ(legs.find(10).next_sequence, 150);
    EXPECT_EQ(legs.find(20).next_sequence, 200);
    EXPECT_FALSE(legs.find(30).ever);
}

TEST(EndedLegs, ForgetsTheOldestBeyondItsCapacity) {
    EndedLegs legs(2);
    for (std::uint32_t ssrc = 1; ssrc <= 3; ++ssrc) legs.keep(ssrc, after(1));
    EXPECT_FALSE(legs.find(1).ever);
    EXPECT_TRUE(legs.find(2).ever);
    EXPECT_TRUE(legs.find(3).ever);
}

TEST(EndedLegs, OneThatWasSentNothingIsntKept) {
    EndedLegs legs(2), none;
    legs.keep(1, {});
    none.keep(1, after(5));
    EXPECT_FALSE(legs.find(1).ever);
    EXPECT_FALSE(none.find(1).ever);
}

}  // namespace
}  // namespace strata::dataplane

#include "relay/rewrite/number_map.h"

#include <gtest/gtest.h>

#include <vector>

#include "relay/rewrite/sequence_map.h"

namespace strata::relay {
namespace {

TEST(SequenceMap, DropsCloseUpAndLossesLeaveTheirHole) {  // C16
    SequenceMap map;
    EXPECT_EQ(map.forward(100), 100);
    EXPECT_EQ(map.drop(101), std::nullopt);
    EXPECT_EQ(map.drop(102), std::nullopt);
    EXPECT_EQ(map.forward(103), 101);
    EXPECT_EQ(map.forward(105), 103) << "104 was lost upstream";
    EXPECT_EQ(map.next_number(), 104);
}

TEST(SequenceMap, LatePacketGetsTheNumberItWouldHaveHad) {  // C16
    SequenceMap map;
    map.forward(10);
    map.drop(11);
    map.forward(14);
    EXPECT_EQ(map.forward(13), 12);
    EXPECT_EQ(map.forward(12), 11);
    EXPECT_EQ(map.forward(12), std::nullopt) << "a number goes out once";
    EXPECT_EQ(map.forward(11), std::nullopt) << "dropped stays dropped";
}

TEST(SequenceMap, LateUnwantedPacketClosesItsReservedNumber) {  // C17
    SequenceMap map;
    map.forward(10);
    map.forward(12);
    EXPECT_EQ(map.drop(11), 11);
    EXPECT_EQ(map.drop(11), std::nullopt) << "once";
    EXPECT_EQ(map.at(11)->state, NumberState::closed);
    EXPECT_EQ(map.forward(13), 13);
}

TEST(SequenceMap, UnwantedPacketInTheTailClosesUpWhateverItsOrder) {  // C17, C18
    SequenceMap map;
    map.forward(10);
    map.drop(13);
    EXPECT_EQ(map.drop(12), std::nullopt) << "no later number was given out";
    EXPECT_EQ(map.forward(14), 12) << "11 is a hole, 12 and 13 are closed up";
    EXPECT_EQ(map.forward(11), 11);
}

TEST(SequenceMap, GivenUpHolesAreClosedOldestFirstOnceTheyHaveANumber) {  // C17
    SequenceMap map;
    map.forward(10);
    map.drop(12);
    map.forward(14);  // 11, 13: holes with numbers 11 and 12
    map.drop(17);     // 15, 16: no number yet
    auto hole = map.close_next_hole(1'000);
    ASSERT_TRUE(hole);
    EXPECT_EQ(hole->n, 11);
    EXPECT_EQ(hole->number, 11);
    EXPECT_EQ(map.close_next_hole(13), std::nullopt) << "not that far yet";
    hole = map.close_next_hole(1'000);
    ASSERT_TRUE(hole);
    EXPECT_EQ(hole->n, 13);
    EXPECT_EQ(hole->number, 12);
    EXPECT_EQ(map.close_next_hole(1'000), std::nullopt);
    EXPECT_EQ(map.forward(13), std::nullopt) << "its number is used up";
    EXPECT_EQ(map.forward(18), 16) << "12 and 17 were closed up";
    EXPECT_EQ(map.close_next_hole(1'000)->n, 15);
}

TEST(SequenceMap, FreezingForAReceiverThatLeavesReservesTheHolesBefore) {  // C17
    SequenceMap map;
    map.forward(10);
    map.drop(12);
    map.freeze_before(13);
    EXPECT_EQ(map.drop(11), 11) << "11 may no longer be closed up";
    EXPECT_EQ(map.forward(13), 12);
}

TEST(SequenceMap, ExpectedIsTheNumberWhateverWasDecided) {
    SequenceMap map;
    map.forward(10);
    map.drop(11);
    map.drop(12);
    EXPECT_EQ(map.expected(11), 11);
    EXPECT_EQ(map.expected(12), 11);
    EXPECT_EQ(map.expected(13), 11);
    EXPECT_EQ(map.expected(20), 18);
    map.forward(13);
    EXPECT_EQ(map.expected(12), 11);
    EXPECT_EQ(map.expected(13), 11);
    EXPECT_EQ(map.expected(10), 10);
}

TEST(SequenceMap, FindsTheInputOfAnOutgoingNumberByItsLowBits) {
    SequenceMap map;
    const std::int64_t base = 3 * 65'536 - 3;  // wraps on the wire
    map.forward(base);
    map.drop(base + 1);
    map.forward(base + 2);
    map.forward(base + 6);
    const auto wire = [&](int out) { return static_cast<std::uint16_t>(base + out); };
    EXPECT_EQ(map.find(wire(0))->n, base);
    EXPECT_EQ(map.find(wire(1))->n, base + 2);
    EXPECT_EQ(map.find(wire(3))->state, NumberState::unknown);
    EXPECT_EQ(map.find(wire(5))->n, base + 6);
    EXPECT_EQ(map.find(wire(6)), std::nullopt) << "not given out yet";
    EXPECT_EQ(map.find(wire(-1)), std::nullopt) << "before the first";
}

TEST(SequenceMap, ForgetsWhatIsOlderThanItsWindow) {
    SequenceMap map;
    constexpr auto kWindow = static_cast<std::int64_t>(kSequenceWindow);
    map.forward(10);
    map.drop(11);
    EXPECT_EQ(map.forward(11 + kWindow), 10 + kWindow);
    EXPECT_EQ(map.forward(11), std::nullopt);
    EXPECT_EQ(map.drop(10), std::nullopt);
    EXPECT_EQ(map.forward(12), 11) << "the oldest one remembered";
}

TEST(SequenceMap, JumpFarBeyondTheWindowKeepsTheDistance) {
    SequenceMap map;
    constexpr auto kWindow = static_cast<std::int64_t>(kSequenceWindow);
    map.forward(10);
    map.drop(11);
    EXPECT_EQ(map.forward(10 + 3 * kWindow), 9 + 3 * kWindow);
    EXPECT_EQ(map.forward(9 + 3 * kWindow), 8 + 3 * kWindow);
    EXPECT_EQ(map.forward(11), std::nullopt);
}

TEST(SequenceMap, LongRunsOfDropsStayExact) {
    SequenceMap map;
    constexpr auto kWindow = static_cast<std::int64_t>(kSequenceWindow);
    map.forward(0);
    for (std::int64_t n = 1; n <= 5 * kWindow; ++n) map.drop(n);
    EXPECT_EQ(map.forward(5 * kWindow + 1), 1);
    EXPECT_EQ(map.expected(5 * kWindow), 1);
}

TEST(SequenceMap, ItIsKnownWhetherThereMayBeHoles) {  // C17
    SequenceMap map;
    constexpr auto kWindow = static_cast<std::int64_t>(kSequenceWindow);
    EXPECT_FALSE(map.may_have_holes());
    map.forward(10);
    map.drop(11);
    map.drop_run(12, 40);
    EXPECT_FALSE(map.may_have_holes());
    map.forward(42);
    EXPECT_TRUE(map.may_have_holes());
    EXPECT_TRUE(map.close_next_hole(42));
    EXPECT_FALSE(map.close_next_hole(42));
    EXPECT_FALSE(map.may_have_holes()) << "that was all";
    map.drop(44);  // 43 has no number yet
    EXPECT_FALSE(map.close_next_hole(45));
    EXPECT_TRUE(map.may_have_holes());
    map.drop_run(45, 44 + kWindow);
    EXPECT_FALSE(map.may_have_holes()) << "it fell out of the window";
    map.freeze_before(50 + kWindow);
    EXPECT_TRUE(map.may_have_holes());
    map.start(7);
    EXPECT_FALSE(map.may_have_holes());
}

TEST(SequenceMap, ARunIsDroppedAsItsNumbersAre) {
    constexpr auto kWindow = static_cast<std::int64_t>(kSequenceWindow);
    for (const std::int64_t run : {1, 7, 64, 1'000})
        for (const bool hole : {false, true}) {
            SequenceMap one, all;
            for (SequenceMap* map : {&one, &all}) {
                map->forward(10);
                if (hole) map->drop(12);
            }
            std::int64_t n = 13;
            if (!hole) n = 11;
            for (; n < 3 * kWindow; n += run) {
                all.drop_run(n, n + run - 1);
                for (std::int64_t k = n; k < n + run; ++k) one.drop(k);
            }
            EXPECT_EQ(all.next_number(), one.next_number()) << run << hole;
            EXPECT_EQ(all.lowest(), one.lowest());
            EXPECT_EQ(all.highest_frozen(), one.highest_frozen());
            EXPECT_EQ(all.expected(n - kWindow / 2), one.expected(n - kWindow / 2));
            EXPECT_EQ(all.forward(n + 1), one.forward(n + 1));
            EXPECT_EQ(all.forward(n), one.forward(n));
            EXPECT_EQ(all.expected(n - 5), one.expected(n - 5));
        }
}

}  // namespace
}  // namespace strata::relay

#include "relay/rewrite/input_sequence.h"

#include <gtest/gtest.h>

namespace strata::relay {
namespace {

SequenceNumber wire(std::int64_t n) { return {static_cast<std::uint16_t>(n)}; }

TEST(InputSequence, ExtendsOverTheWrapAndKnowsLateFromDuplicate) {  // C24
    InputSequence input;
    const std::int64_t first = input.arrive(wire(65'534)).n;
    EXPECT_EQ(input.arrive(wire(1)).n, first + 3);
    const auto late = input.arrive(wire(65'535));
    EXPECT_EQ(late.arrival, Arrival::late);
    EXPECT_EQ(late.n, first + 1);
    EXPECT_EQ(input.arrive(wire(65'535)).arrival, Arrival::duplicate);
    EXPECT_EQ(input.arrive(wire(1)).arrival, Arrival::duplicate);
    EXPECT_EQ(input.arrive(wire(65'530)).arrival, Arrival::late) << "from before the first";
    EXPECT_EQ(input.highest(), first + 3);
    EXPECT_EQ(input.peek(wire(2)), first + 4);
}

TEST(InputSequence, DuplicatesAreKnownOverTheWholeWindow) {
    InputSequence input;
    for (std::int64_t n = 0; n < 3 * InputSequence::kWindow; n += 2) input.arrive(wire(n));
    const std::int64_t highest = 3 * InputSequence::kWindow - 2;
    for (std::int64_t n = highest - InputSequence::kWindow + 2; n <= highest; n += 2)
        ASSERT_EQ(input.arrive(wire(n)).arrival, Arrival::duplicate) << n;
    for (std::int64_t n = highest - InputSequence::kWindow + 1; n < highest; n += 2)
        ASSERT_EQ(input.arrive(wire(n)).arrival, Arrival::late) << n;
    EXPECT_EQ(input.arrive(wire(highest - InputSequence::kWindow)).arrival, Arrival::too_old);
}

TEST(InputSequence, ForwardJumpLeavesHolesThatWereNotSeen) {
    InputSequence input;
    for (int n = 0; n < 5'000; ++n) input.arrive(wire(n));
    input.arrive(wire(4'999 + 2'999));
    for (int n = 5'000; n < 4'999 + 2'999; ++n)
        ASSERT_EQ(input.arrive(wire(n)).arrival, Arrival::late) << n;
}

TEST(InputSequence, OnePacketFarAwayIsDroppedTwoAreARestart) {  // C24
    InputSequence input;
    const std::int64_t first = input.arrive(wire(1'000)).n;
    EXPECT_EQ(input.arrive(wire(30'000)).arrival, Arrival::suspect);
    EXPECT_EQ(input.arrive(wire(1'001)).n, first + 1) << "noise";
    EXPECT_EQ(input.arrive(wire(30'001)).arrival, Arrival::suspect) << "not in a row";
    const auto restarted = input.arrive(wire(30'002));
    EXPECT_EQ(restarted.arrival, Arrival::restarted);
    EXPECT_EQ(restarted.n, first + 3) << "one number skipped";
    EXPECT_EQ(input.arrive(wire(30'003)).n, first + 4);
    EXPECT_EQ(input.arrive(wire(30'001)).arrival, Arrival::too_old) << "of before";
    EXPECT_EQ(input.arrive(wire(30'001)).arrival, Arrival::too_old);
    EXPECT_EQ(input.arrive(wire(30'004)).n, first + 5);
}

TEST(InputSequence, OldPacketsSentAgainAmongNewOnesAreNoRestart) {  // B6
    InputSequence input;
    std::int64_t n = 20'000;
    const std::int64_t shift = input.arrive(wire(n)).n - n;
    for (int i = 0; i < 50; ++i) {
        ASSERT_EQ(input.arrive(wire(1'000 + i)).arrival, Arrival::too_old);
        ++n;
        ASSERT_EQ(input.arrive(wire(n)).n, n + shift);
    }
}

TEST(InputSequence, RestartAmidTheNumbersJustUsedIsFoundByItsRun) {  // C24
    InputSequence input;
    for (int n = 0; n < 2'000; ++n) input.arrive(wire(n));
    int restarted = 0;
    for (int n = 500; n < 500 + InputSequence::kDuplicateRun; ++n)
        restarted += input.arrive(wire(n)).arrival == Arrival::restarted ? 1 : 0;
    EXPECT_EQ(restarted, 1);
    EXPECT_EQ(input.arrive(wire(500 + InputSequence::kDuplicateRun)).arrival, Arrival::newest);
}

}  // namespace
}  // namespace strata::relay

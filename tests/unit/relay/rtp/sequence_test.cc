#include "relay/rtp/sequence.h"

#include <gtest/gtest.h>

#include "relay/rtp/types.h"

namespace strata::relay {
namespace {

TEST(Unwrapper, ExtendsOverTheWrapInBothDirections) {  // C24
    SequenceUnwrapper sequence;
    const std::int64_t first = sequence.unwrap(65'534);
    EXPECT_EQ(sequence.unwrap(1), first + 3);
    EXPECT_EQ(sequence.unwrap(65'535), first + 1) << "late, from before the wrap";
    EXPECT_EQ(sequence.highest(), first + 3);
}

TEST(Unwrapper, PeekChangesNothing) {
    SequenceUnwrapper sequence;
    sequence.unwrap(10);
    EXPECT_EQ(sequence.peek(12) - sequence.peek(10), 2);
    EXPECT_EQ(sequence.highest(), sequence.peek(10));
}

TEST(Wrapping, AheadIsSerialNumberArithmetic) {  // C24
    EXPECT_TRUE(SequenceNumber{2}.ahead_of(SequenceNumber{65'535}));
    EXPECT_FALSE(SequenceNumber{65'535}.ahead_of(SequenceNumber{2}));
    EXPECT_FALSE(SequenceNumber{7}.ahead_of(SequenceNumber{7}));
}

}  // namespace
}  // namespace strata::relay

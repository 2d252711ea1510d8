#include "relay/svc/layer_group.h"

#include <gtest/gtest.h>

namespace strata::relay {
namespace {

TEST(GroupPool, AGroupKeepsItsPlaceWhileItHasMembers) {
    GroupPool pool(3);
    const GroupIndex a = pool.obtain({0, 1, 2}, 100);
    pool.enter(a);
    EXPECT_EQ(pool.obtain({0, 1, 2}, 200), a);
    EXPECT_EQ(pool.find({0, 1, 2}), a);
    EXPECT_EQ(pool.find({0, 0, 0}), kNoGroup);
    EXPECT_EQ(pool.body(a).numbers.expected(100), 100);
}

TEST(GroupPool, TheLongestLeftPlaceIsGivenAway) {  // C7: the others still serve late packets
    GroupPool pool(3);
    const GroupIndex a = pool.obtain({0, 0, 0}, 1);
    pool.enter(a);
    const GroupIndex b = pool.obtain({0, 0, 1}, 1);
    pool.enter(b);
    const std::uint32_t generation_a = pool.head(a).generation;
    const std::uint32_t generation_b = pool.head(b).generation;
    const GroupIndex c = pool.obtain({0, 0, 2}, 1);
    pool.enter(c);
    pool.leave(b);
    pool.leave(a);
    EXPECT_TRUE(pool.holds(a, generation_a) && pool.holds(b, generation_b));
    EXPECT_EQ(pool.obtain({0, 1, 0}, 50), b);
    EXPECT_FALSE(pool.holds(b, generation_b));
    EXPECT_TRUE(pool.holds(a, generation_a));
}

TEST(GroupPool, CopiesIntoALargerOne) {
    GroupPool pool(2), larger(5);
    const GroupIndex a = pool.obtain({0, 1, 1}, 7);
    pool.enter(a);
    pool.body(a).numbers.forward(7);
    pool.copy_into(larger);
    EXPECT_EQ(larger.find({0, 1, 1}), a);
    EXPECT_EQ(larger.body(a).numbers.next_number(), 8);
}

}  // namespace
}  // namespace strata::relay

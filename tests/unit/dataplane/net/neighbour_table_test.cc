#include "dataplane/net/neighbour_table.h"

#include <gtest/gtest.h>

namespace strata::dataplane::net {
namespace {

IpAddress host(std::uint8_t n) { return IpAddress::v4({10, 0, 0, n}); }
constexpr MacAddress kMac{2, 0, 0, 0, 0, 7}, kOther{2, 0, 0, 0, 0, 8};
using Learned = NeighbourTable::Learned;

TEST(NeighbourTable, LearnsOnlyWhatSomebodyAskedFor) {
    NeighbourTable table(4);
    EXPECT_EQ(table.learn(host(1), kMac, 0), Learned::nothing);
    EXPECT_EQ(table.size(), 0u);
    const auto index = table.acquire(host(1), host(1));
    ASSERT_TRUE(index);
    EXPECT_FALSE(table.resolved(*index));
    EXPECT_EQ(table.words()[*index].word.load(), *index);
    EXPECT_EQ(table.learn(host(1), kMac, 0), Learned::known);
    EXPECT_TRUE(table.resolved(*index));
    EXPECT_EQ(table.learn(host(1), MacAddress{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 0),
              Learned::nothing);
}

TEST(NeighbourTable, IsBoundedAndReusesWhatNobodyLinks) {
    NeighbourTable table(2);
    const auto a = table.acquire(host(1), host(1)), b = table.acquire(host(2), host(2));
    EXPECT_EQ(table.acquire(host(1), host(1)), a);
    EXPECT_FALSE(table.acquire(host(3), host(3)));
    table.release(*a);
    EXPECT_FALSE(table.acquire(host(3), host(3)));  // one link is left
    table.learn(host(1), kMac, 0);
    table.release(*a);
    EXPECT_EQ(table.acquire(host(3), host(3)), a);
    EXPECT_FALSE(table.resolved(*a));  // not with the old one's address
    EXPECT_NE(table.acquire(host(2), host(2)), std::nullopt);
    EXPECT_TRUE(b);
}

TEST(NeighbourTable, AsksAgainUntilAnsweredThenNowAndThen) {
    NeighbourTable table(4);
    (void)table.acquire(host(1), host(1));
    EXPECT_TRUE(table.take_added());
    EXPECT_FALSE(table.take_added());
    const auto ask = [&](relay::TimeUs now) {
        std::uint32_t cursor = 0;
        return table.next_request(cursor, now).has_value();
    };
    EXPECT_TRUE(ask(0));
    EXPECT_FALSE(ask(NeighbourTable::kRetryUs - 1));
    EXPECT_TRUE(ask(NeighbourTable::kRetryUs));
    table.learn(host(1), kMac, NeighbourTable::kRetryUs);
    EXPECT_FALSE(ask(3 * NeighbourTable::kRetryUs));
    EXPECT_TRUE(ask(NeighbourTable::kRetryUs + NeighbourTable::kRefreshUs));
}

TEST(NeighbourTable, TellsWhenANextHopHasMoved) {
    NeighbourTable table(4);
    const auto index = table.acquire(host(1), host(9));
    EXPECT_EQ(table.learn(host(1), kMac, 0), Learned::known);
    EXPECT_EQ(table.learn(host(1), kMac, 1), Learned::known);
    EXPECT_EQ(table.learn(host(1), kOther, 2), Learned::moved);
    EXPECT_EQ(table.learn(host(1), kOther, 3), Learned::known);
    EXPECT_TRUE(table.resolved(*index));
}

TEST(NeighbourTable, LimitsOnePathAndNotItsNextHop) {
    NeighbourTable table(4);
    const IpAddress hop = host(1), far = host(9), near = host(8);
    const auto plain = table.acquire(hop, far);
    table.learn(hop, kMac, 0);
    ASSERT_TRUE(table.limit_path(hop, far, 1'280, 0));
    const auto limited = table.acquire(hop, far);
    ASSERT_TRUE(limited);
    EXPECT_NE(limited, plain);
    EXPECT_FALSE(table.resolved(*limited));  // so that its packets are looked at
    ASSERT_TRUE(table.path(*limited));
    EXPECT_EQ(table.path(*limited)->hop, *plain);
    EXPECT_EQ(table.path(*limited)->limit, 1'280);
    EXPECT_EQ(table.acquire(hop, near), plain);
    EXPECT_FALSE(table.path(*plain));
    table.limit_path(hop, far, 600, 1);
    EXPECT_EQ(table.path(*limited)->limit, 600);
}

// A path on the link, whose next hop is the destination itself.
TEST(NeighbourTable, APathMayEndAtItsNextHop) {
    NeighbourTable table(4);
    const auto plain = table.acquire(host(1), host(1));
    ASSERT_TRUE(table.limit_path(host(1), host(1), 1'000, 0));
    const auto limited = table.acquire(host(1), host(1));
    EXPECT_NE(limited, plain);
    EXPECT_EQ(table.learn(host(1), kMac, 0), Learned::known);
    EXPECT_TRUE(table.resolved(*plain));
    EXPECT_FALSE(table.resolved(*limited));
}

TEST(NeighbourTable, AnOldLimitLetsEverythingByAndIsNotAskedFor) {
    NeighbourTable table(4);
    (void)table.acquire(host(1), host(9));
    table.limit_path(host(1), host(9), 1'280, 0);
    const auto limited = table.acquire(host(1), host(9));
    const auto round = [&](relay::TimeUs now) {
        std::uint32_t cursor = 0, asked = 0;
        while (const auto hop = table.next_request(cursor, now)) {
            EXPECT_EQ(*hop, host(1));
            ++asked;
        }
        return asked;
    };
    EXPECT_EQ(round(0), 1u);
    EXPECT_EQ(table.path(*limited)->limit, 1'280);
    round(NeighbourTable::kPathUs);
    EXPECT_EQ(table.path(*limited)->limit, 0xffff);
}

TEST(NeighbourTable, AnotherWayToTheSameDestinationHasNoLimitYet) {
    NeighbourTable table(4);
    (void)table.acquire(host(1), host(9));
    table.limit_path(host(1), host(9), 1'280, 0);
    const auto before = table.acquire(host(1), host(9));
    EXPECT_EQ(table.path(*before)->limit, 1'280);
    const auto after = table.acquire(host(2), host(9));
    const auto hop = table.acquire(host(2), host(8));
    ASSERT_TRUE(after && hop);
    EXPECT_EQ(table.path(*after)->hop, *hop);
    EXPECT_EQ(table.path(*after)->limit, 0xffff);
}

TEST(NeighbourTable, PathsAreBoundedAndGiveTheirNextHopBack) {
    NeighbourTable table(2);
    const auto hop = table.acquire(host(1), host(9));
    ASSERT_TRUE(table.limit_path(host(1), host(9), 1'280, 0));
    EXPECT_TRUE(table.limit_path(host(1), host(8), 1'280, 0));  // nobody links the first one
    const auto limited = table.acquire(host(1), host(8));
    EXPECT_FALSE(table.limit_path(host(1), host(7), 1'280, 0));
    EXPECT_FALSE(table.limit_path(host(5), host(7), 1'280, 0));  // no such next hop
    table.release(*hop);
    EXPECT_FALSE(table.acquire(host(2), host(2)));  // the path still leads over host 1
    table.release(*limited);
    EXPECT_TRUE(table.acquire(host(2), host(2)));
    EXPECT_TRUE(table.acquire(host(3), host(3)));
    EXPECT_FALSE(table.acquire(host(4), host(4)));
}

}  // namespace
}  // namespace strata::dataplane::net

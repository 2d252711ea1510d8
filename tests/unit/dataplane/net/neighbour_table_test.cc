#include "dataplane/net/neighbour_table.h"

#include <gtest/gtest.h>

namespace strata::dataplane::net {
namespace {

IpAddress host(std::uint8_t n) { return IpAddress::v4({10, 0, 0, n}); }
constexpr MacAddress kMac{2, 0, 0, 0, 0, 7};

TEST(NeighbourTable, LearnsOnlyWhatSomebodyAskedFor) {
    NeighbourTable table(4);
    EXPECT_FALSE(table.learn(host(1), kMac, 0));
    EXPECT_EQ(table.size(), 0u);
    const auto index = table.acquire(host(1));
    ASSERT_TRUE(index);
    EXPECT_FALSE(table.resolved(*index));
    EXPECT_EQ(table.words()[*index].word.load(), *index);
    EXPECT_TRUE(table.learn(host(1), kMac, 0));
    EXPECT_TRUE(table.resolved(*index));
    EXPECT_FALSE(table.learn(host(1), MacAddress{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 0));
}

TEST(NeighbourTable, IsBoundedAndReusesWhatNobodyLinks) {
    NeighbourTable table(2);
    const auto a = table.acquire(host(1)), b = table.acquire(host(2));
    EXPECT_EQ(table.acquire(host(1)), a);
    EXPECT_FALSE(table.acquire(host(3)));
    table.release(*a);
    EXPECT_FALSE(table.acquire(host(3)));  // one link is left
    table.learn(host(1), kMac, 0);
    table.release(*a);
    EXPECT_EQ(table.acquire(host(3)), a);
    EXPECT_FALSE(table.resolved(*a));  // not with the old one's address
    EXPECT_NE(table.acquire(host(2)), std::nullopt);
    EXPECT_TRUE(b);
}

TEST(NeighbourTable, AsksAgainUntilAnsweredThenNowAndThen) {
    NeighbourTable table(4);
    (void)table.acquire(host(1));
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

}  // namespace
}  // namespace strata::dataplane::net

#include "dataplane/net/weighted_hop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace strata::dataplane::net::weighted_hop_test {
namespace {

IpAddress hop(unsigned n) { return IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(n)}); }

// As clients are: many of one network, and some of each of many.
std::vector<IpAddress> peers() {
    std::vector<IpAddress> all;
    for (unsigned i = 0; i < 20'000; ++i) {
        const auto low = static_cast<std::uint8_t>(i), high = static_cast<std::uint8_t>(i >> 8);
        all.push_back(i % 2 == 0 ? IpAddress::v4({192, 0, high, low})
                                 : IpAddress::v4({high, low, 7, 1}));
        if (i % 4 == 3)
            all.back() = *IpAddress::parse("2001:db8:" + std::to_string(i % 9999) + "::1");
    }
    return all;
}

std::map<std::string, double> shares(const std::vector<WeightedHop>& hops) {
    std::map<std::string, double> all;
    const auto remotes = peers();
    for (const IpAddress& remote : remotes) all[to_string(choose(hops, remote).address)] += 1;
    for (auto& [name, share] : all) share /= static_cast<double>(remotes.size());
    return all;
}

TEST(WeightedHop, EachGetsItsShare) {
    const auto even = shares({{hop(1)}, {hop(2)}, {hop(3)}, {hop(4)}});
    ASSERT_EQ(even.size(), 4u);
    for (const auto& [name, share] : even) EXPECT_NEAR(share, 0.25, 0.02) << name;
    const auto uneven = shares({{hop(1), 1}, {hop(2), 2}, {hop(3), 5}});
    EXPECT_NEAR(uneven.at("10.0.0.1"), 1.0 / 8, 0.02);
    EXPECT_NEAR(uneven.at("10.0.0.2"), 2.0 / 8, 0.02);
    EXPECT_NEAR(uneven.at("10.0.0.3"), 5.0 / 8, 0.02);
    EXPECT_NEAR(shares({{hop(1), 1}, {hop(2), 256}}).at("10.0.0.2"), 256.0 / 257, 0.01);
}

TEST(WeightedHop, OnlyThoseWhoseHopLeavesMove) {
    std::vector<WeightedHop> all;
    for (unsigned i = 1; i <= 16; ++i) all.push_back({hop(i), i});
    for (std::size_t gone = 0; gone < all.size(); gone += 5) {
        std::vector<WeightedHop> rest = all;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(gone));
        for (const IpAddress& remote : peers()) {
            const WeightedHop &before = choose(all, remote), &after = choose(rest, remote);
            if (before == all[gone])
                EXPECT_NE(after, all[gone]);
            else
                EXPECT_EQ(after, before);
        }
    }
}

// So that it doesn't matter how the kernel lists them.
TEST(WeightedHop, OrderDoesNotMatter) {
    std::vector<WeightedHop> hops{{hop(1)}, {hop(2), 3}, {hop(3)}};
    std::vector<WeightedHop> reversed = hops;
    std::ranges::reverse(reversed);
    for (const IpAddress& remote : peers())
        EXPECT_EQ(choose(hops, remote), choose(reversed, remote));
}

// A heavier hop takes some of the others', and nobody moves between the others.
TEST(WeightedHop, AnotherWeightMovesToThatHopAlone) {
    const std::vector<WeightedHop> before{{hop(1), 2}, {hop(2), 2}, {hop(3), 2}};
    const std::vector<WeightedHop> after{{hop(1), 4}, {hop(2), 2}, {hop(3), 2}};
    for (const IpAddress& remote : peers()) {
        const IpAddress was = choose(before, remote).address, is = choose(after, remote).address;
        EXPECT_TRUE(is == was || is == hop(1));
    }
}

}  // namespace
}  // namespace strata::dataplane::net::weighted_hop_test

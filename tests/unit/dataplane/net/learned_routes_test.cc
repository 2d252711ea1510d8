#include "dataplane/net/learned_routes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace strata::dataplane::net::learned_routes_test {
namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

LocalNet local() {
    LocalNet out;
    out.own.add({ip("10.0.0.1"), 24});
    out.own.add({ip("fd00::1"), 64});
    out.gateways = {ip("10.0.0.254")};
    return out;
}

TEST(LearnedRoutes, CountWhereTheyAreLonger) {
    LocalNet local_net = local();
    local_net.routes = {{{ip("10.9.0.0"), 16}, ip("10.0.0.253")}};
    LearnedRoutes learned;
    EXPECT_EQ(learned.next_hop(local_net, ip("10.9.1.2")), ip("10.0.0.253"));
    learned.replace({{{ip("0.0.0.0"), 0}, ip("10.0.0.9")},
                     {{ip("10.9.0.0"), 16}, ip("10.0.0.9")},
                     {{ip("10.9.1.0"), 24}, ip("10.0.0.8")},
                     {{ip("192.0.2.0"), 24}, ip("0.0.0.0")}});
    EXPECT_EQ(learned.next_hop(local_net, ip("10.9.2.2")), ip("10.0.0.253"));
    EXPECT_EQ(learned.next_hop(local_net, ip("10.9.1.2")), ip("10.0.0.8"));
    EXPECT_EQ(learned.next_hop(local_net, ip("192.0.2.7")), ip("192.0.2.7"));  // on the link
    EXPECT_EQ(learned.next_hop(local_net, ip("198.51.100.1")), ip("10.0.0.254"));
    local_net.gateways = {};
    EXPECT_EQ(learned.next_hop(local_net, ip("198.51.100.1")), ip("10.0.0.9"));
    EXPECT_EQ(learned.next_hop(local_net, ip("10.0.0.7")), ip("10.0.0.7"));
}

TEST(LearnedRoutes, EachFamilyHasItsOwn) {
    LocalNet local_net = local();
    local_net.gateways = {};
    LearnedRoutes learned;
    learned.replace({{{ip("::"), 0}, ip("fd00::9")}});
    EXPECT_EQ(learned.next_hop(local_net, ip("192.0.2.1")), std::unexpected(NoWay::no_route));
    EXPECT_EQ(learned.next_hop(local_net, ip("2001:db8::1")), ip("fd00::9"));
    learned.replace({{{ip("0.0.0.0"), 0}, ip("10.0.0.9")}});
    EXPECT_EQ(learned.next_hop(local_net, ip("192.0.2.1")), ip("10.0.0.9"));
    EXPECT_EQ(learned.next_hop(local_net, ip("2001:db8::1")), std::unexpected(NoWay::no_route));
}

TEST(LearnedRoutes, PeersAreSpreadOverTheHopsOfARoute) {
    const Route both{{ip("10.9.0.0"), 16}, {}, false, {{ip("10.0.0.8")}, {ip("10.0.0.9")}}};
    LearnedRoutes learned;
    learned.replace({both});
    std::array<int, 2> peers{};
    std::vector<IpAddress> at_8;
    for (std::uint8_t i = 1; i < 201; ++i) {
        const IpAddress remote = IpAddress::v4({10, 9, 1, i});
        const auto hop = learned.next_hop(local(), remote);
        ASSERT_TRUE(hop);
        EXPECT_EQ(learned.next_hop(local(), remote), hop);
        ++peers[*hop == ip("10.0.0.9")];
        if (*hop == ip("10.0.0.8")) at_8.push_back(remote);
    }
    EXPECT_GT(std::min(peers[0], peers[1]), 60);
    learned.replace({{{ip("10.9.0.0"), 16}, ip("10.0.0.9")}});
    for (const IpAddress& remote : at_8)
        EXPECT_EQ(learned.next_hop(local(), remote), ip("10.0.0.9"));
    // A hop on the link leads to the peer itself.
    learned.replace({{both.to, {}, false, {{ip("0.0.0.0")}, {ip("0.0.0.0")}}}});
    EXPECT_EQ(learned.next_hop(local(), ip("10.9.1.1")), ip("10.9.1.1"));
}

// IPv4 by an IPv6 router (RFC 8950).
TEST(LearnedRoutes, ANextHopMayBeOfTheOtherFamily) {
    LearnedRoutes learned;
    learned.replace({{{ip("10.9.0.0"), 16}, ip("fd00::9")}});
    EXPECT_EQ(learned.next_hop(local(), ip("10.9.1.1")), ip("fd00::9"));
}

TEST(LearnedRoutes, GenerationsTellOfChanges) {
    LearnedRoutes learned;
    const std::uint32_t before = learned.generation();
    learned.replace({});
    EXPECT_NE(learned.generation(), before);
    EXPECT_EQ(learned.next_hop(local(), ip("192.0.2.1")), ip("10.0.0.254"));
}

// Links are made meanwhile: there is a route all the time, and none of them may be lost.
TEST(LearnedRoutes, WhileTheyAreReplacedNobodyIsSaidToHaveNoRoute) {
    LearnedRoutes learned;
    const std::vector<Route> routes(1'000, {{ip("192.0.2.0"), 24}, ip("10.0.0.9")});
    learned.replace(routes);
    std::atomic<bool> stop{false};
    std::thread replacing([&] {
        while (!stop) learned.replace(routes);
    });
    LocalNet local_net = local();
    local_net.gateways = {};
    for (int i = 0; i < 100'000; ++i) {
        const auto hop = learned.next_hop(local_net, ip("192.0.2.1"));
        if (hop)
            EXPECT_EQ(*hop, ip("10.0.0.9"));
        else
            EXPECT_EQ(hop.error(), NoWay::being_changed);
    }
    stop = true;
    replacing.join();
}

// Against a look at each of them.
TEST(LearnedRoutes, TheLongestIsFoundAmongMany) {
    std::mt19937 random(11);
    const auto some = [&](bool v4) {
        IpAddress address = v4 ? ip("10.0.0.0") : ip("2001:db8::");
        for (std::size_t i = 13; i < 16; ++i)
            address.bytes[i] = static_cast<std::uint8_t>(random() % 4 * 64);
        return address;
    };
    LocalNet local_net;
    local_net.own.add({ip("192.0.2.1"), 24});
    local_net.own.add({ip("fd00::1"), 64});
    std::vector<Route> routes;
    for (int i = 0; i < 400; ++i) {
        const bool v4 = random() % 2 == 0;
        const auto bits = static_cast<std::uint8_t>(v4 ? random() % 33 : random() % 129);
        const Route route{{some(v4), bits}, some(v4), random() % 8 == 0};
        const auto same = [&](const Route& other) { return other.to.same_as(route.to); };
        if (std::ranges::none_of(routes, same)) routes.push_back(route);
    }
    LearnedRoutes learned;
    learned.replace(routes);
    for (int i = 0; i < 2'000; ++i) {
        const IpAddress remote = some(i % 2 == 0);
        const Route* longest = nullptr;
        for (const Route& route : routes)
            if (route.to.contains(remote) && (!longest || route.to.bits > longest->to.bits))
                longest = &route;
        EXPECT_EQ(learned.next_hop(local_net, remote), local_net.next_hop(remote, longest)) << i;
    }
}

}  // namespace
}  // namespace strata::dataplane::net::learned_routes_test

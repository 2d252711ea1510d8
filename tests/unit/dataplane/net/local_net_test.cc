#include "dataplane/net/local_net.h"

#include <gtest/gtest.h>

namespace strata::dataplane::net::local_net_test {
namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

LocalNet local(const char* address, std::uint8_t prefix_bits, const char* gateway = nullptr) {
    LocalNet out;
    out.address = ip(address);
    out.prefix_bits = prefix_bits;
    if (gateway != nullptr) out.gateway = ip(gateway);
    return out;
}

TEST(LocalNet, PrefixesNeedNotBeWholeBytes) {
    EXPECT_TRUE(local("10.1.2.3", 20).on_link(ip("10.1.15.255")));
    EXPECT_FALSE(local("10.1.2.3", 20).on_link(ip("10.1.16.0")));
    EXPECT_TRUE(local("10.1.2.3", 32).on_link(ip("10.1.2.3")));
    EXPECT_FALSE(local("10.1.2.3", 32).on_link(ip("10.1.2.2")));
    EXPECT_TRUE(local("fd00:0:0:8::1", 61).on_link(ip("fd00:0:0:f::9")));
    EXPECT_FALSE(local("fd00:0:0:8::1", 61).on_link(ip("fd00:0:0:10::9")));
    EXPECT_TRUE(local("fd00::1", 128).on_link(ip("fd00::1")));
}

TEST(LocalNet, WhatIsNotOnTheLinkGoesToTheGatewayOrNowhere) {
    const LocalNet routed = local("10.0.0.1", 24, "10.0.0.254");
    EXPECT_EQ(routed.next_hop(ip("10.0.0.7")), ip("10.0.0.7"));
    EXPECT_EQ(routed.next_hop(ip("192.0.2.1")), ip("10.0.0.254"));
    EXPECT_EQ(local("10.0.0.1", 24).next_hop(ip("192.0.2.1")), std::nullopt);
    EXPECT_EQ(routed.next_hop(ip("0.0.0.0")), std::nullopt);
}

TEST(LocalNet, TheLongestPrefixCounts) {
    LocalNet routed = local("10.0.0.1", 24, "10.0.0.254");
    routed.routes = {{{ip("10.9.0.0"), 16}, ip("10.0.0.253")},
                     {{ip("10.9.8.0"), 21}, ip("10.0.0.252")},
                     {{ip("10.0.0.128"), 25}, ip("10.0.0.251")},
                     {{ip("10.0.0.0"), 8}, ip("10.0.0.250")}};
    EXPECT_EQ(routed.next_hop(ip("10.9.1.1")), ip("10.0.0.253"));
    EXPECT_EQ(routed.next_hop(ip("10.9.15.1")), ip("10.0.0.252"));
    EXPECT_EQ(routed.next_hop(ip("10.9.16.1")), ip("10.0.0.253"));
    EXPECT_EQ(routed.next_hop(ip("10.0.0.7")), ip("10.0.0.7"));      // the link is longer than /8
    EXPECT_EQ(routed.next_hop(ip("10.0.0.200")), ip("10.0.0.251"));  // and shorter than /25
    EXPECT_EQ(routed.next_hop(ip("192.0.2.1")), ip("10.0.0.254"));
}

TEST(LocalNet, LearnedRoutesCountWhereTheyAreLonger) {
    LocalNet local_net = local("10.0.0.1", 24, "10.0.0.254");
    local_net.routes = {{{ip("10.9.0.0"), 16}, ip("10.0.0.253")}};
    const std::vector<Route> learned = {{{ip("0.0.0.0"), 0}, ip("10.0.0.9")},
                                        {{ip("10.9.0.0"), 16}, ip("10.0.0.9")},
                                        {{ip("10.9.1.0"), 24}, ip("10.0.0.8")},
                                        {{ip("192.0.2.0"), 24}, ip("0.0.0.0")}};
    EXPECT_EQ(local_net.next_hop(ip("10.9.2.2"), learned), ip("10.0.0.253"));
    EXPECT_EQ(local_net.next_hop(ip("10.9.1.2"), learned), ip("10.0.0.8"));
    EXPECT_EQ(local_net.next_hop(ip("192.0.2.7"), learned), ip("192.0.2.7"));  // on the link
    EXPECT_EQ(local_net.next_hop(ip("198.51.100.1"), learned), ip("10.0.0.254"));
    local_net.gateway = {};
    EXPECT_EQ(local_net.next_hop(ip("198.51.100.1"), learned), ip("10.0.0.9"));
    EXPECT_EQ(local_net.next_hop(ip("10.0.0.7"), learned), ip("10.0.0.7"));
}

TEST(LocalNet, TheOtherFamilyHasNoWay) {
    EXPECT_EQ(local("10.0.0.1", 24, "10.0.0.254").next_hop(ip("fd00::2")), std::nullopt);
    EXPECT_EQ(local("fd00::1", 64, "fd00::ff").next_hop(ip("10.0.0.2")), std::nullopt);
    EXPECT_EQ(local("fd00::1", 64, "fd00::ff").next_hop(ip("fd01::2")), ip("fd00::ff"));
}

}  // namespace
}  // namespace strata::dataplane::net::local_net_test

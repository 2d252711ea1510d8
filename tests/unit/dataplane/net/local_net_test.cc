#include "dataplane/net/local_net.h"

#include <gtest/gtest.h>

namespace strata::dataplane::net::local_net_test {
namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

const auto kNoRoute = std::unexpected(NoWay::no_route);
const auto kNoAddress = std::unexpected(NoWay::no_address);

LocalNet local(const char* address, std::uint8_t prefix_bits, const char* gateway = nullptr) {
    LocalNet out;
    out.own.add({ip(address), prefix_bits});
    if (gateway != nullptr) out.gateways = {ip(gateway)};
    return out;
}

TEST(LocalNet, WhatIsNotOnTheLinkGoesToTheGatewayOrNowhere) {
    const LocalNet routed = local("10.0.0.1", 24, "10.0.0.254");
    EXPECT_EQ(routed.next_hop(ip("10.0.0.7")), ip("10.0.0.7"));
    EXPECT_EQ(routed.next_hop(ip("192.0.2.1")), ip("10.0.0.254"));
    EXPECT_EQ(local("10.0.0.1", 24).next_hop(ip("192.0.2.1")), kNoRoute);
    EXPECT_EQ(routed.next_hop(ip("0.0.0.0")), kNoAddress);
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

TEST(LocalNet, WhatIsUnreachableHasNoWay) {
    const LocalNet routed = local("10.0.0.1", 24, "10.0.0.254");
    const Route no_way{{ip("10.9.0.0"), 16}, {}, true}, all{{ip("0.0.0.0"), 0}, {}, true};
    EXPECT_EQ(routed.next_hop(ip("10.9.1.1"), &no_way), kNoRoute);
    EXPECT_EQ(routed.next_hop(ip("192.0.2.1"), &all), ip("10.0.0.254"));  // the configured one
    EXPECT_EQ(local("10.0.0.1", 24).next_hop(ip("192.0.2.1"), &all), kNoRoute);
}

TEST(LocalNet, TheOtherFamilyHasNoWay) {
    EXPECT_EQ(local("10.0.0.1", 24, "10.0.0.254").next_hop(ip("fd00::2")), kNoAddress);
    EXPECT_EQ(local("fd00::1", 64, "fd00::ff").next_hop(ip("10.0.0.2")), kNoAddress);
    EXPECT_EQ(local("fd00::1", 64, "fd00::ff").next_hop(ip("fd01::2")), ip("fd00::ff"));
}

TEST(LocalNet, EachFamilyHasWaysOfItsOwn) {
    LocalNet both = local("10.0.0.1", 24, "10.0.0.254");
    both.own.add({ip("fd00::1"), 64});
    both.own.add({ip("192.168.7.1"), 28});
    EXPECT_EQ(both.next_hop(ip("fd00::9")), ip("fd00::9"));
    EXPECT_EQ(both.next_hop(ip("fd01::9")), kNoRoute);
    both.gateways.push_back(ip("fd00::fe"));
    both.routes = {{{ip("fd02::"), 16}, ip("fd00::fd")}, {{ip("192.168.0.0"), 16}, ip("10.0.0.9")}};
    EXPECT_EQ(both.next_hop(ip("fd01::9")), ip("fd00::fe"));
    EXPECT_EQ(both.next_hop(ip("fd02::9")), ip("fd00::fd"));
    EXPECT_EQ(both.next_hop(ip("10.0.0.9")), ip("10.0.0.9"));
    EXPECT_EQ(both.next_hop(ip("192.168.7.14")), ip("192.168.7.14"));  // the second link
    EXPECT_EQ(both.next_hop(ip("192.168.7.16")), ip("10.0.0.9"));
    EXPECT_EQ(both.next_hop(ip("192.0.2.1")), ip("10.0.0.254"));
}

}  // namespace
}  // namespace strata::dataplane::net::local_net_test

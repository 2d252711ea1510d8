#include "dataplane/port/ethdev_spec.h"

#include <gtest/gtest.h>

namespace strata::dataplane {
namespace {

TEST(EthdevSpec, AVirtualDeviceWithEverything) {
    const auto spec = parse_ethdev_spec(
        "net_tap0,iface=dtk1,mac=fixed;address=10.0.0.1/20;gateway=10.0.0.254;"
        "route=10.9.0.0/16 via 10.0.0.253;route=10.9.8.0/24 via 10.0.0.252;vlan=7;mtu=9000;"
        "mac=02:00:00:0a:ff:01;steering=rss");
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(spec->bus, "vdev");
    EXPECT_EQ(spec->device, "net_tap0");
    EXPECT_EQ(spec->devargs, "iface=dtk1,mac=fixed");
    ASSERT_EQ(spec->local.own.all().size(), 1u);
    EXPECT_EQ(to_string(spec->local.own.all()[0].address), "10.0.0.1");
    EXPECT_EQ(spec->local.own.all()[0].bits, 20);
    ASSERT_EQ(spec->local.gateways.size(), 1u);
    EXPECT_EQ(to_string(spec->local.gateways[0]), "10.0.0.254");
    ASSERT_EQ(spec->local.routes.size(), 2u);
    EXPECT_EQ(to_string(spec->local.routes[1].to.address), "10.9.8.0");
    EXPECT_EQ(spec->local.routes[1].to.bits, 24);
    EXPECT_EQ(to_string(spec->local.routes[1].hop), "10.0.0.252");
    EXPECT_EQ(spec->local.vlan, 7);
    EXPECT_EQ(spec->mtu, 9'000);
    EXPECT_EQ(*spec->mac, (net::MacAddress{2, 0, 0, 10, 255, 1}));
    EXPECT_EQ(spec->steering, api::Steering::rss);
}

TEST(EthdevSpec, ACardByItsAddress) {
    const auto spec = parse_ethdev_spec("pci:0000:3b:00.0,queues=1;address=fd00::1/64");
    ASSERT_TRUE(spec);
    EXPECT_EQ(spec->bus, "pci");
    EXPECT_EQ(spec->device, "0000:3b:00.0");
    EXPECT_EQ(spec->devargs, "queues=1");
    EXPECT_EQ(to_string(spec->local.own.all()[0].address), "fd00::1");
    EXPECT_EQ(spec->mtu, 1'500);
    EXPECT_TRUE(!spec->mac && !spec->steering && spec->local.gateways.empty());
    EXPECT_FALSE(parse_ethdev_spec("net_null0;steering=auto")->steering);
}

TEST(EthdevSpec, SeveralAddressesOfBothFamilies) {
    const auto spec = parse_ethdev_spec(
        "net_tap0,iface=dtk1;address=10.0.0.1/24;address=2001:db8::1/64;gateway=192.168.7.14;"
        "address=192.168.7.1/28;gateway=2001:db8::fe");
    ASSERT_TRUE(spec) << spec.error().message;
    ASSERT_EQ(spec->local.own.all().size(), 3u);
    EXPECT_EQ(to_string(spec->local.own.all()[1].address), "2001:db8::1");
    EXPECT_EQ(spec->local.own.all()[1].bits, 64);
    EXPECT_EQ(spec->local.gateways.size(), 2u);
    // What goes by a gateway comes from the address on its link, wherever the options stand.
    EXPECT_EQ(to_string(spec->local.own.towards(*IpAddress::parse("192.0.2.1"))->address),
              "192.168.7.1");
}

TEST(EthdevSpec, WhatCannotBeUsedIsNamed) {
    for (const char* wrong :
         {"address=10.0.0.1", "address=host/24", "address=10.0.0.1/33", "address=fd00::1/129",
          "address=10.0.0.1/24x", "gateway=there", "route=10.9.0.0/16",
          "route=10.9.0.0 via 10.0.0.253", "route=10.9.0.0/16 via there", "vlan=7a", "mtu=70000",
          "mac=02:00:00:00:00", "mac=03:00:00:00:00:01", "mac=02:00:00:00:00:01:02", "speed=1",
          "steering=none"}) {
        const auto spec = parse_ethdev_spec(std::string("net_null0;") + wrong);
        ASSERT_FALSE(spec) << wrong;
        EXPECT_NE(spec.error().message.find(wrong), std::string::npos);
        EXPECT_FALSE(spec.error().hint.empty());
    }
}

}  // namespace
}  // namespace strata::dataplane

#include "dataplane/net/own_addresses.h"

#include <gtest/gtest.h>

#include <string>

namespace strata::dataplane::net::own_addresses_test {
namespace {

IpAddress ip(const std::string& text) { return *IpAddress::parse(text); }

bool contains(const char* address, std::uint8_t bits, const char* other) {
    return Prefix{ip(address), bits}.contains(ip(other));
}

TEST(Prefix, NeedsNoWholeBytes) {
    EXPECT_TRUE(contains("10.1.2.3", 20, "10.1.15.255"));
    EXPECT_FALSE(contains("10.1.2.3", 20, "10.1.16.0"));
    EXPECT_TRUE(contains("10.1.2.3", 32, "10.1.2.3"));
    EXPECT_FALSE(contains("10.1.2.3", 32, "10.1.2.2"));
    EXPECT_TRUE(contains("fd00:0:0:8::1", 61, "fd00:0:0:f::9"));
    EXPECT_FALSE(contains("fd00:0:0:8::1", 61, "fd00:0:0:10::9"));
    EXPECT_TRUE(contains("fd00::1", 128, "fd00::1"));
    EXPECT_FALSE(contains("0.0.0.0", 0, "fd00::1"));
}

OwnAddresses both() {
    OwnAddresses own;
    EXPECT_TRUE(own.add({ip("10.0.0.1"), 24}));
    EXPECT_TRUE(own.add({ip("2001:db8::1"), 64}));
    EXPECT_TRUE(own.add({ip("192.168.7.1"), 28}));
    EXPECT_TRUE(own.add({ip("2001:db8:7::1"), 64}));
    return own;
}

TEST(Prefix, HasANetwork) {
    const auto network = [](const char* address, std::uint8_t bits) {
        return to_string(Prefix{IpAddress::parse(address).value(), bits}.network());
    };
    EXPECT_EQ(network("10.1.2.255", 25), "10.1.2.128");
    EXPECT_EQ(network("10.1.2.3", 32), "10.1.2.3");
    EXPECT_EQ(network("10.1.2.3", 0), "0.0.0.0");
    EXPECT_EQ(network("2001:db8:ffff::1", 35), "2001:db8:e000::");
    EXPECT_EQ(network("2001:db8::1", 0), "::");
}

TEST(OwnAddresses, AllOfThemAreOurs) {
    const OwnAddresses own = both();
    EXPECT_EQ(own.all().size(), 4u);
    EXPECT_EQ(own.all()[0].address, ip("10.0.0.1"));
    for (const char* ours : {"10.0.0.1", "2001:db8::1", "192.168.7.1", "2001:db8:7::1"})
        EXPECT_TRUE(own.has(ip(ours))) << ours;
    for (const char* other : {"10.0.0.2", "2001:db8::2", "192.168.7.2", "0.0.0.0", "::"})
        EXPECT_FALSE(own.has(ip(other))) << other;
    EXPECT_FALSE(OwnAddresses().has({}));
}

TEST(OwnAddresses, NobodyElseSendsFromThemOrABroadcast) {
    OwnAddresses own = both();
    EXPECT_TRUE(own.add({ip("10.5.0.0"), 31}));  // two hosts, no broadcast
    EXPECT_TRUE(own.add({ip("10.6.0.1"), 32}));
    for (const char* nobody : {"10.0.0.1", "10.0.0.255", "192.168.7.15", "2001:db8::1", "10.5.0.0"})
        EXPECT_TRUE(own.refuses(ip(nobody))) << nobody;
    for (const char* other : {"10.0.0.2", "10.0.1.255", "192.168.7.255", "10.5.0.1", "10.6.0.2",
                              "2001:db8::ffff:ffff:ffff:ffff", "::10.0.0.255"})
        EXPECT_FALSE(own.refuses(ip(other))) << other;
    EXPECT_FALSE(OwnAddresses().refuses({}));
}

TEST(OwnAddresses, OneOfEachPrefix) {
    OwnAddresses own = both();
    EXPECT_FALSE(own.add({ip("10.0.0.2"), 24}));
    EXPECT_FALSE(own.add({ip("10.0.0.1"), 32})) << "the same address";
    EXPECT_FALSE(own.add({ip("2001:db8:7::2"), 64}));
    EXPECT_TRUE(own.add({ip("10.0.0.2"), 32}));
    EXPECT_TRUE(own.add({ip("10.0.0.3"), 25}));
    EXPECT_EQ(own.all().size(), 6u);
}

TEST(OwnAddresses, AreBounded) {
    OwnAddresses own;
    for (std::size_t i = 0; i < OwnAddresses::kMost; ++i)
        EXPECT_TRUE(own.add({ip("10." + std::to_string(i) + ".0.1"), 16}));
    EXPECT_FALSE(own.add({ip("10.99.0.1"), 16}));
    EXPECT_EQ(own.all().size(), OwnAddresses::kMost);
}

TEST(OwnAddresses, TheLongestPrefixSaysWhichIsTheSource) {
    OwnAddresses own = both();
    const auto towards = [&](const char* remote) {
        const Prefix* source = own.towards(ip(remote));
        return source == nullptr ? "none" : to_string(source->address);
    };
    EXPECT_EQ(towards("10.0.0.77"), "10.0.0.1");
    EXPECT_EQ(towards("192.168.7.14"), "192.168.7.1");
    EXPECT_EQ(towards("192.168.7.16"), "10.0.0.1") << "the first one";
    EXPECT_EQ(towards("2001:db8:7::9"), "2001:db8:7::1");
    EXPECT_EQ(towards("2001:db8:8::9"), "2001:db8::1");
    own.set_gateway(ip("192.168.7.14"));
    own.set_gateway(ip("fe80::1"));  // on no link of ours: nothing changes
    EXPECT_EQ(towards("192.0.2.1"), "192.168.7.1") << "the gateway's link";
    EXPECT_EQ(towards("10.0.0.77"), "10.0.0.1");
    EXPECT_EQ(towards("2001:db8:8::9"), "2001:db8::1");
}

TEST(OwnAddresses, NoneIsOfTheOtherFamily) {
    OwnAddresses own;
    own.add({ip("10.0.0.1"), 24});
    EXPECT_TRUE(own.has_v4());
    EXPECT_FALSE(own.has_v6());
    EXPECT_EQ(own.towards(ip("fd00::1")), nullptr);
    own.set_gateway(ip("fd00::1"));
    EXPECT_EQ(own.towards(ip("fd00::1")), nullptr);
}

}  // namespace
}  // namespace strata::dataplane::net::own_addresses_test

#include "dataplane/api/config/tcp_addresses.h"

#include <gtest/gtest.h>

#include "dataplane/api/config/port_spec.h"

namespace strata::api {
namespace {

std::string addresses_of(const Config& config) {
    std::string text;
    for (const TcpListen& at : tcp_addresses(config.dataplane)) text += at.text() + " ";
    return text;
}

Config listening_at(std::vector<TcpListen> listen) {
    Config config;
    config.dataplane.ports = {*parse_port("socket:192.168.1.5"), *parse_port("socket:2001:db8::5")};
    config.dataplane.tcp_listen = std::move(listen);
    return config;
}

TEST(TcpAddresses, AWildcardStandsForTheSocketPortsOfItsVersion) {
    EXPECT_EQ(addresses_of(Config{}), "");
    EXPECT_EQ(addresses_of(listening_at({{"0.0.0.0", 443}})), "192.168.1.5:443 ");
    EXPECT_EQ(addresses_of(listening_at({{"0.0.0.0", 443}, {"::", 8443}})),
              "192.168.1.5:443 [2001:db8::5]:8443 ");
    EXPECT_EQ(addresses_of(listening_at({{"0.0.0.0", 443}, {"192.168.1.5", 443}})),
              "192.168.1.5:443 ");
    Config config = listening_at({{"0.0.0.0", 443}});
    config.dataplane.ports = {*parse_port("net_null0;address=192.168.1.5/24")};
    EXPECT_EQ(addresses_of(config), "");  // the kernel doesn't have it
}

TEST(TcpAddresses, ClientsAreToldThePublicOnes) {
    Config config = listening_at({{"0.0.0.0", 443}, {"10.0.0.1", 443}});
    config.dataplane.public_addresses = {{"192.168.1.5", "198.51.100.7"}};
    EXPECT_EQ(addresses_of(config), "198.51.100.7:443 10.0.0.1:443 ");
}

TEST(Warnings, OfWhatBrowsersIgnore) {
    EXPECT_TRUE(warnings(Config{}).empty());
    for (const char* address : {"192.168.1.5", "10.1.1.1", "172.31.0.1", "100.64.0.1",
                                "169.254.1.1", "127.0.0.1", "::1", "fd00::1", "fe80::1"}) {
        EXPECT_EQ(warnings(listening_at({{address, 443}})).size(), 1u) << address;
        EXPECT_EQ(warnings(listening_at({{address, 8443}})).size(), 0u) << address;
    }
    for (const char* address : {"198.51.100.7", "172.32.0.1", "100.128.0.1", "2001:db8::1"}) {
        EXPECT_EQ(warnings(listening_at({{address, 443}, {address, 80}})).size(), 0u) << address;
        EXPECT_EQ(warnings(listening_at({{address, 22}})).size(), 1u) << address;
    }
    Config config = listening_at({{"0.0.0.0", 443}});
    const std::vector<std::string> found = warnings(config);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(
        found[0],
        "dataplane.tcp_listen: browsers ignore media candidates at 192.168.1.5:443: they take "
        "port 443 on public addresses alone; use one from 1024 up, or name the public address "
        "in dataplane.public_addresses");
    config.dataplane.public_addresses = {{"192.168.1.5", "198.51.100.7"}};
    EXPECT_TRUE(warnings(config).empty());
}

}  // namespace
}  // namespace strata::api

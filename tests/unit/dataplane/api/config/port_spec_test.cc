#include "dataplane/api/config/port_spec.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace strata::api {
namespace {

std::string problem_of(std::string_view text) {
    const auto port = parse_port(text);
    return port ? "accepted" : port.error();
}

TEST(PortSpec, Sockets) {
    const auto port = parse_port("socket:10.1.2.3");
    ASSERT_TRUE(port);
    EXPECT_EQ(port->kind, PortSpec::Kind::kSocket);
    EXPECT_EQ(port->addresses, std::vector<std::string>{"10.1.2.3"});
    EXPECT_EQ(problem_of("socket:fe80::1"), "accepted");
    EXPECT_EQ(
        problem_of("socket:0.0.0.0"),
        "found \"socket:0.0.0.0\", expected one address of this machine: it is what clients are "
        "told to send to");
    EXPECT_EQ(
        problem_of("socket:::"),
        "found \"socket:::\", expected one address of this machine: it is what clients are told "
        "to send to");
    EXPECT_EQ(problem_of("socket:"), "found \"socket:\", expected an IP address after \"socket:\"");
}

TEST(PortSpec, Devices) {
    const auto tap =
        parse_port("net_tap0,iface=dtk1;address=10.77.0.1/24;gateway=10.77.0.254;mtu=9000");
    ASSERT_TRUE(tap) << tap.error();
    EXPECT_EQ(tap->kind, PortSpec::Kind::kEthdev);
    EXPECT_EQ(tap->device, "net_tap0,iface=dtk1");
    EXPECT_EQ(tap->addresses, std::vector<std::string>{"10.77.0.1"});
    EXPECT_EQ(tap->kernel, "");
    const auto mirrored = parse_port("net_tap0,iface=a;address=10.77.0.1/24;kernel=strata0;vlan=7");
    ASSERT_TRUE(mirrored) << mirrored.error();
    EXPECT_EQ(mirrored->kernel, "strata0");
    const auto card = parse_port("pci:0000:3b:00.0;address=2001:db8::1/64;mac=02:00:00:00:00:01");
    ASSERT_TRUE(card) << card.error();
    EXPECT_EQ(card->device, "pci:0000:3b:00.0");
    EXPECT_EQ(card->addresses, std::vector<std::string>{"2001:db8::1"});
}

TEST(PortSpec, SeveralAddresses) {
    const auto both = parse_port(
        "net_tap0,iface=strata0;address=10.77.0.1/24;address=2001:db8::1/64;gateway=10.77.0.254;"
        "gateway=2001:db8::fe;address=10.77.0.2/32;route=2001:db8:9::/48 via 2001:db8::fd");
    ASSERT_TRUE(both) << both.error();
    EXPECT_EQ(both->addresses, (std::vector<std::string>{"10.77.0.1", "2001:db8::1", "10.77.0.2"}));
    EXPECT_EQ(both->device, "net_tap0,iface=strata0");
    std::string most = "net_null0";
    for (std::size_t i = 0; i < kMostPortAddresses; ++i)
        most += ";address=10." + std::to_string(i) + ".0.1/16";
    EXPECT_EQ(problem_of(most), "accepted");
    EXPECT_EQ(problem_of(most + ";address=fd00::1/64"),
              "found \"" + most + ";address=fd00::1/64\": 9 addresses, expected at most 8");
}

TEST(PortSpec, AddressesThatContradictEachOther) {
    const auto found = [](const std::string& options) {
        const std::string text = "net_null0;" + options, error = problem_of(text);
        const std::string begin = "found \"" + text + "\": ";
        return error.starts_with(begin) ? error.substr(begin.size()) : error;
    };
    EXPECT_EQ(found("address=10.0.0.1/24;address=10.0.0.2/24"),
              "address=10.0.0.1/24 and address=10.0.0.2/24 are in one prefix, expected one address "
              "of each; a second one is written address=10.0.0.2/32");
    EXPECT_EQ(found("address=fd00::1/64;address=10.0.0.1/24;address=fd00:0:0:0:7::/64"),
              "address=fd00::1/64 and address=fd00:0:0:0:7::/64 are in one prefix, expected one "
              "address of each; a second one is written address=fd00:0:0:0:7::/128");
    EXPECT_EQ(found("address=10.0.0.1/24;address=10.0.0.1/32"),
              "address=10.0.0.1/24 and address=10.0.0.1/32 are one address");
    EXPECT_EQ(found("address=fd00::1/64;address=FD00:0::1/128"),
              "address=fd00::1/64 and address=FD00:0::1/128 are one address");
    EXPECT_EQ(found("address=10.0.0.1/24;gateway=10.0.0.8;gateway=10.0.0.9"),
              "gateway=10.0.0.8 and gateway=10.0.0.9 are both IPv4, expected one of each IP "
              "version at most");
    EXPECT_EQ(found("address=10.0.0.1/24;gateway=fd00::9"),
              "gateway=fd00::9 is IPv6, and no address= is");
    EXPECT_EQ(found("address=fd00::1/64;route=10.0.0.0/8 via 10.0.0.1"),
              "route=10.0.0.0/8 via 10.0.0.1 is IPv4, and no address= is");
    EXPECT_EQ(found("address=224.0.0.1/4"),
              "address=224.0.0.1/4 is no address that a host can have");
    for (const char* nobodys : {"0.0.0.0/8", "127.0.0.1/8", "255.255.255.255/32", "::/64",
                                "::1/128", "ff02::1/64", "::ffff:10.0.0.1/120"})
        EXPECT_NE(found("address=" + std::string(nobodys)), "accepted") << nobodys;
    EXPECT_EQ(found("address=10.0.0.1/24;vlan=7;vlan=8"), "vlan= is there twice");
}

TEST(PortSpec, WrongOptions) {
    const std::string device = "net_null0;address=10.0.0.1/8";
    const auto found = [&](const std::string& more) { return problem_of(device + more); };
    EXPECT_EQ(
        found(";gatewya=10.0.0.2"),
        "found \"net_null0;address=10.0.0.1/8;gatewya=10.0.0.2\": unknown option \"gatewya\", "
        "expected address, gateway, route, kernel, vlan, mtu, mac or steering; did you mean "
        "\"gateway\"?");
    EXPECT_EQ(found(";steering=hash"),
              "found \"net_null0;address=10.0.0.1/8;steering=hash\": expected steering=auto, flow, "
              "rss or ring");
    for (const char* method : {"auto", "flow", "rss", "ring"})
        EXPECT_EQ(found(std::string(";steering=") + method), "accepted");
    EXPECT_EQ(found(";vlan=4095"),
              "found \"net_null0;address=10.0.0.1/8;vlan=4095\": expected vlan= from 1 to 4094");
    for (const char* wrong : {";vlan=0",
                              ";vlan=",
                              ";vlan",
                              ";mtu=100",
                              ";mtu=9001",
                              ";mac=02:00",
                              ";mac=02-00-00-00-00-01",
                              ";mac=03:00:00:00:00:01",
                              ";gateway=x",
                              ";gateway=::1",
                              ";route=10.9.0.0/16",
                              ";route=10.9.0.0 via 10.0.0.2",
                              ";route=10.9.0.0/33 via 10.0.0.2",
                              ";route=10.9.0.0/16 via ",
                              ";route=10.9.0.0/ via 10.0.0.2",
                              ";route=fd00::/8 via 10.0.0.2",
                              ";route=fd00::/8 via fd01::1",
                              ";route=",
                              ";steering=",
                              ";steering=none",
                              ";kernel=",
                              ";kernel=a/b",
                              ";kernel=.",
                              ";kernel=abcdefghijklmnop",
                              ";address=10.0.0.1",
                              ";address=10.0.0.1/33",
                              ";address=10.0.0.1/0",
                              ";",
                              ";;"}) {
        EXPECT_NE(found(wrong), "accepted") << wrong;
    }
    EXPECT_EQ(found(";route=10.9.0.0/16 via 10.0.0.2;route=10.8.0.0/16 via 10.0.0.3"), "accepted");
    EXPECT_EQ(problem_of("net_null0"),
              "found \"net_null0\": expected ;address=ADDRESS/BITS behind the device");
}

TEST(PortSpec, NeitherSocketNorDevice) {
    EXPECT_EQ(
        problem_of("eth0"),
        "found \"eth0\", expected \"socket:ADDRESS\", \"pci:DEVICE;address=ADDRESS/BITS\" or a "
        "DPDK device such as \"net_tap0,iface=strata0;address=10.77.0.1/24\"");
    EXPECT_NE(problem_of(""), "accepted");
}

TEST(TcpListen, AnAddressAndAPort) {
    const auto v4 = parse_tcp_listen("0.0.0.0:443"), v6 = parse_tcp_listen("[::]:8443");
    ASSERT_TRUE(v4 && v6);
    EXPECT_TRUE(v4->wildcard() && v6->wildcard());
    EXPECT_EQ(v4->port, 443u);
    EXPECT_EQ(v6->address, "::");
    EXPECT_EQ(v6->text(), "[::]:8443");
    EXPECT_FALSE(parse_tcp_listen("192.0.2.1:443")->wildcard());
    for (const char* wrong :
         {"", "443", ":443", "0.0.0.0", "0.0.0.0:", "0.0.0.0:0", "0.0.0.0:65536", "::443", "[::]",
          "[1.2.3.4]:443", "localhost:443", "[:443"})
        EXPECT_FALSE(parse_tcp_listen(wrong)) << wrong;
}

TEST(PublicAddress, TwoAddressesOfOneVersion) {
    const auto pair = parse_public_address("10.77.0.1=198.51.100.7");
    ASSERT_TRUE(pair);
    EXPECT_EQ(pair->own, "10.77.0.1");
    EXPECT_EQ(pair->outside, "198.51.100.7");
    EXPECT_TRUE(parse_public_address("fd00::1=2001:db8::1"));
    for (const char* wrong :
         {"", "10.0.0.1", "10.0.0.1=", "=10.0.0.1", "10.0.0.1=fd00::1", "10.0.0.1=a=b"})
        EXPECT_FALSE(parse_public_address(wrong)) << wrong;
}

}  // namespace
}  // namespace strata::api

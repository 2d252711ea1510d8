#include "dataplane/api/config/checks.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "dataplane/api/config/pool_sizes.h"
#include "dataplane/api/config/port_spec.h"

namespace strata::api {
namespace {

std::string found_in(const Config& config) {
    std::string text;
    for (const Contradiction& found : contradictions(config)) {
        text += found.key + ": " + found.message + "\n";
    }
    return text;
}

TEST(Contradictions, NoneInTheDefaults) { EXPECT_EQ(found_in(Config{}), ""); }

TEST(Contradictions, APortForEveryWorker) {
    Config config;
    config.dataplane.workers = 4;
    config.dataplane.base_udp_port = 65533;
    EXPECT_EQ(
        found_in(config),
        "dataplane.base_udp_port: found 65533, but 4 workers need a port each; expected at most "
        "65532\n");
    config.dataplane.base_udp_port = 65532;
    EXPECT_EQ(found_in(config), "");
}

TEST(Contradictions, SamePortTwice) {
    Config config;
    config.dataplane.ports = {PortSpec{}, PortSpec{}};
    EXPECT_EQ(
        found_in(config),
        "dataplane.ports: \"socket:127.0.0.1\" and \"socket:127.0.0.1\" have the same address or "
        "device\n");
    config.dataplane.ports = {{.text = "a", .addresses = {"10.0.0.1", "fd00::1"}},
                              {.text = "b", .addresses = {"10.0.0.2", "fd00::1"}}};
    EXPECT_EQ(found_in(config),
              "dataplane.ports: \"b\" and \"a\" have the same address or device\n");
    config.dataplane.ports[1].addresses = {"10.0.0.2"};
    EXPECT_EQ(found_in(config), "");
}

TEST(Contradictions, CpusForAllWorkers) {
    Config config;
    config.dataplane.workers = 2;
    config.dataplane.cpus = {3};
    EXPECT_EQ(
        found_in(config),
        "dataplane.cpus: found 1 CPUs for 2 workers; expected one each, or [] to let the plan "
        "choose\n");
}

TEST(Contradictions, RingsHoldABurst) {
    Config config;
    config.dataplane.burst_packets = 64;
    config.dataplane.rx_ring_packets = 32;
    EXPECT_EQ(found_in(config),
              "dataplane.rx_ring_packets: found 32, expected at least burst_packets (64)\n");
}

TEST(Contradictions, PoolsAreLargeEnough) {
    Config config;
    const PoolSizes least = least_pool_sizes(config);
    config.dataplane.payload_pool_packets = least.payload_packets - 1;
    EXPECT_EQ(found_in(config),
              "dataplane.payload_pool_packets: found " + std::to_string(least.payload_packets - 1) +
                  ", expected at least " + std::to_string(least.payload_packets) +
                  " for these rings, queues and caches, or 0 to have it computed\n");
    config.dataplane.payload_pool_packets = least.payload_packets;
    EXPECT_EQ(found_in(config), "");
}

TEST(Contradictions, MemoryHoldsThePools) {
    Config config;
    config.dataplane.header_pool_packets = 1000000;
    const std::string found = found_in(config);
    EXPECT_TRUE(
        found.starts_with("dataplane.memory_mb: found 512, but the packet pools need 862 MB"))
        << found;
}

PortSpec device(const std::string& name) {
    return parse_port(name + ";address=10.77.0.1/24").value();
}

TEST(Contradictions, MemoryHoldsWholePacketsWhereAPortSendsNoChains) {
    Config config;
    config.dataplane.memory_mb = 90;
    config.dataplane.ports = {device("net_tap0,iface=strata0")};
    EXPECT_EQ(found_in(config), "");
    config.dataplane.ports = {device("net_af_xdp0,iface=eth0")};
    const std::string found = found_in(config);
    const PoolSizes sizes = pool_sizes(config);
    EXPECT_EQ(found, "dataplane.memory_mb: found 90, but the packet pools need " +
                         std::to_string(sizes.memory_mb()) + " MB, " +
                         std::to_string(sizes.linear_mb()) +
                         " of them for whole packets, since a port sends no chains; give more, or "
                         "make rings, queues or pools smaller\n");
    config.dataplane.memory_mb = static_cast<std::uint32_t>(sizes.memory_mb());
    EXPECT_EQ(found_in(config), "");
}

// What a device turns out to be at the start.
TEST(Contradictions, MemoryIsFoundTooSmallOnceADeviceIsKnown) {
    Config config;
    config.dataplane.memory_mb = 90;
    config.dataplane.ports = {device("pci:0000:3b:00.0")};
    EXPECT_EQ(found_in(config), "");
    EXPECT_EQ(memory_problem(config, pool_sizes(config, false)), "");
    EXPECT_TRUE(memory_problem(config, pool_sizes(config, true)).starts_with("found 90, but "));
}

TEST(PoolSizes, WholePacketsWhereDriversMaySendNoChains) {
    const auto linear = [](std::vector<PortSpec> ports) {
        Config config;
        config.dataplane.ports = std::move(ports);
        return pool_sizes(config).linear_packets;
    };
    EXPECT_EQ(linear({PortSpec{}}), 0u);
    for (const char* name : {"net_tap0,iface=t0", "net_null1", "net_ring0", "net_pcap0,iface=t0",
                             "net_af_packet0,iface=t0", "net_memif0", "net_virtio_user0,path=x",
                             "net_vhost0,iface=x", "pci:0000:3b:00.0"})
        EXPECT_EQ(linear({device(name)}), 0u) << name;
    for (const char* name : {"net_af_xdp0,iface=t0", "net_af_xdp12,iface=t0", "net_new0"}) {
        Config config;
        config.dataplane.ports = {PortSpec{}, device(name)};
        EXPECT_EQ(pool_sizes(config).linear_packets, pool_sizes(config).header_packets) << name;
        config.dataplane.header_pool_packets = 100'000;
        EXPECT_EQ(pool_sizes(config).linear_packets, 100'000u) << name;
    }
}

TEST(Contradictions, SocketsDiffer) {
    Config config;
    config.control.dataplane_socket = config.control.api_socket;
    EXPECT_EQ(
        found_in(config),
        "control.dataplane_socket: found \"/run/strata/api.sock\", which api_socket is already\n");
}

TEST(Contradictions, PartsDontExceedTheWhole) {
    Config config;
    config.limits.participants = 10;
    config.limits.participants_per_room = 11;
    EXPECT_EQ(found_in(config),
              "limits.participants_per_room: found 11, expected at most participants (10)\n");
}

TEST(PoolSizes, ZeroMeansComputed) {
    Config config;
    const PoolSizes least = least_pool_sizes(config);
    EXPECT_EQ(pool_sizes(config).payload_packets, least.payload_packets);
    EXPECT_GT(least.payload_packets, 2048u);  // a receive queue of net_af_xdp
    config.dataplane.payload_pool_packets = 100000;
    EXPECT_EQ(pool_sizes(config).payload_packets, 100000u);
    EXPECT_EQ(pool_sizes(config).header_packets, least.header_packets);
}

TEST(PoolSizes, HoldTheHistoryOfEachWorker) {
    Config config;
    config.dataplane.history_packets = 0;
    config.dataplane.history_small_packets = 0;
    const PoolSizes none = pool_sizes(config);
    EXPECT_EQ(none.small_packets, 0u);
    config.dataplane.workers = 2;
    const PoolSizes two = pool_sizes(config);
    config.dataplane.history_packets = 5'000;
    config.dataplane.history_small_packets = 3'000;
    EXPECT_EQ(pool_sizes(config).payload_packets, two.payload_packets + 10'000);
    EXPECT_GE(pool_sizes(config).small_packets, 6'000u);
    EXPECT_GT(pool_sizes(config).memory_bytes(), two.memory_bytes() + 10'000 * 2'048);
    // What is counted on for the history isn't reserved from it.
    config.dataplane.history_reserve_percent = 50;
    EXPECT_EQ(history_reserve(config), two.payload_packets / 2);
}

TEST(PoolSizes, GrowWithPortsAndWorkers) {
    Config config;
    const PoolSizes one = least_pool_sizes(config);
    config.dataplane.workers = 2;
    const PoolSizes two = least_pool_sizes(config);
    EXPECT_GE(two.header_packets, 2 * one.header_packets - 1000);
    EXPECT_GT(two.memory_bytes(), one.memory_bytes());
}

TEST(Contradictions, PublicAddressesAreThoseOfPorts) {
    Config config;
    config.dataplane.public_addresses = {{"127.0.0.1", "198.51.100.7"}};
    EXPECT_EQ(found_in(config), "");
    config.dataplane.public_addresses = {{"10.0.0.9", "198.51.100.7"}};
    EXPECT_EQ(found_in(config),
              "dataplane.public_addresses: \"10.0.0.9\" is no address in "
              "dataplane.ports or dataplane.tcp_listen\n");
    config.dataplane.tcp_listen = {{"10.0.0.9", 8443}};
    EXPECT_EQ(found_in(config), "");
}

TEST(Contradictions, TcpListenersClientsCanBeToldOf) {
    Config config;
    config.dataplane.tcp_listen = {{"0.0.0.0", 443}, {"10.1.2.3", 443}};
    EXPECT_EQ(found_in(config), "");
    config.dataplane.tcp_listen = {{"0.0.0.0", 443}, {"0.0.0.0", 443}};
    EXPECT_EQ(found_in(config), "dataplane.tcp_listen: \"0.0.0.0:443\" is there twice\n");
    config.dataplane.tcp_listen = {{"::", 443}};  // the socket port is of IPv4
    EXPECT_EQ(
        found_in(config),
        "dataplane.tcp_listen: \"[::]:443\" says of no address where clients could connect to, "
        "and no socket port in dataplane.ports does; name the address instead\n");
}

}  // namespace
}  // namespace strata::api

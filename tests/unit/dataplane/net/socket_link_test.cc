#include "dataplane/net/socket_link.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace strata::dataplane::net {
namespace {

constexpr int kReceivers = 250, kTableBits = 12;

// How many places in a table of 4,096 the receivers' addresses have.
std::size_t places(const auto& flow_of) {
    std::set<std::uint32_t> found;
    for (int i = 0; i < kReceivers; ++i) {
        std::array<std::byte, 64> link;
        make_socket_link(flow_of(i), link);
        found.insert(socket_link_hash(reinterpret_cast<const std::uint8_t*>(link.data())) >>
                     (32 - kTableBits));
    }
    return found.size();
}

FlowKey flow_to(const IpAddress& address, int port) {
    FlowKey flow{};
    flow.remote = address;
    flow.remote_port = static_cast<std::uint16_t>(port);
    return flow;
}

IpAddress v6(std::uint8_t host) {
    IpAddress address{};
    address.bytes = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host};
    return address;
}

// By chance 250 of 4,096 places would be taken by some 242.
TEST(SocketLink, AddressesInARowSpread) {
    const auto hosts = [](int i) {
        return flow_to(IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(i + 1)}), 5'000);
    };
    const auto networks = [](int i) {
        return flow_to(IpAddress::v4({10, static_cast<std::uint8_t>(i + 1), 0, 1}), 5'000);
    };
    const auto ports = [](int i) { return flow_to(IpAddress::v4({10, 0, 0, 1}), 40'000 + i); };
    const auto hosts_v6 = [](int i) {
        return flow_to(v6(static_cast<std::uint8_t>(i + 1)), 5'000);
    };
    const auto ports_v6 = [](int i) { return flow_to(v6(1), 40'000 + i); };
    EXPECT_GE(places(hosts), 200u);
    EXPECT_GE(places(networks), 200u);
    EXPECT_GE(places(ports), 200u);
    EXPECT_GE(places(hosts_v6), 200u);
    EXPECT_GE(places(ports_v6), 200u);
}

}  // namespace
}  // namespace strata::dataplane::net

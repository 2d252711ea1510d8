#include "dataplane/api/config/checks.h"

#include <algorithm>

#include "dataplane/api/config/pool_sizes.h"
#include "dataplane/api/config/tcp_addresses.h"

namespace strata::api {
namespace {

using Found = std::vector<Contradiction>;

std::string number(std::uint64_t value) { return std::to_string(value); }

void check_ports(const DataplaneConfig& dataplane, Found& found) {
    const std::uint64_t last = std::uint64_t{dataplane.base_udp_port} + dataplane.workers - 1;
    if (last > 65535) {
        found.push_back(
            {"dataplane.base_udp_port", "found " + number(dataplane.base_udp_port) + ", but " +
                                            number(dataplane.workers) +
                                            " workers need a port each; expected at most " +
                                            number(65536 - dataplane.workers)});
    }
    for (std::size_t i = 1; i < dataplane.ports.size(); ++i) {
        const PortSpec& port = dataplane.ports[i];
        const auto same = [&](const PortSpec& other) {
            return std::ranges::find_first_of(port.addresses, other.addresses) !=
                       port.addresses.end() ||
                   (!port.device.empty() && port.device == other.device);
        };
        const auto before = dataplane.ports.begin() + static_cast<std::ptrdiff_t>(i);
        const auto twin = std::find_if(dataplane.ports.begin(), before, same);
        if (twin != before) {
            found.push_back({"dataplane.ports", "\"" + port.text + "\" and \"" + twin->text +
                                                    "\" have the same address or device"});
        }
    }
}

void check_public_addresses(const DataplaneConfig& dataplane, Found& found) {
    for (const PublicAddress& pair : dataplane.public_addresses) {
        const auto at_port = [&](const PortSpec& port) {
            return std::ranges::find(port.addresses, pair.own) != port.addresses.end();
        };
        const auto at_listener = [&](const TcpListen& has) { return has.address == pair.own; };
        if (std::ranges::any_of(dataplane.ports, at_port) ||
            std::ranges::any_of(dataplane.tcp_listen, at_listener))
            continue;
        found.push_back(
            {"dataplane.public_addresses",
             "\"" + pair.own + "\" is no address in dataplane.ports or dataplane.tcp_listen"});
    }
}

void check_tcp(const DataplaneConfig& dataplane, Found& found) {
    for (std::size_t i = 0; i < dataplane.tcp_listen.size(); ++i) {
        const TcpListen& listen = dataplane.tcp_listen[i];
        const auto before = dataplane.tcp_listen.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(dataplane.tcp_listen.begin(), before, listen) != before)
            found.push_back({"dataplane.tcp_listen", "\"" + listen.text() + "\" is there twice"});
        if (tcp_addresses_of(dataplane, listen).empty())
            found.push_back(
                {"dataplane.tcp_listen",
                 "\"" + listen.text() + "\" says of no address where clients could connect to, " +
                     "and no socket port in dataplane.ports does; name the address instead"});
    }
}

void check_cpus(const DataplaneConfig& dataplane, Found& found) {
    if (dataplane.cpus.empty() || dataplane.cpus.size() >= dataplane.workers) return;
    found.push_back(
        {"dataplane.cpus", "found " + number(dataplane.cpus.size()) + " CPUs for " +
                               number(dataplane.workers) +
                               " workers; expected one each, or [] to let the plan choose"});
}

void check_rings(const DataplaneConfig& dataplane, Found& found) {
    const auto at_least_burst = [&](std::string_view key, std::uint32_t packets) {
        if (packets >= dataplane.burst_packets) return;
        found.push_back({"dataplane." + std::string(key),
                         "found " + number(packets) + ", expected at least burst_packets (" +
                             number(dataplane.burst_packets) + ")"});
    };
    at_least_burst("rx_ring_packets", dataplane.rx_ring_packets);
    at_least_burst("tx_ring_packets", dataplane.tx_ring_packets);
}

void check_pools(const Config& config, Found& found) {
    const PoolSizes least = least_pool_sizes(config);
    const auto enough = [&](std::string_view key, std::uint32_t packets, std::uint32_t needed) {
        if (packets == 0 || packets >= needed) return;
        found.push_back({"dataplane." + std::string(key),
                         "found " + number(packets) + ", expected at least " + number(needed) +
                             " for these rings, queues and caches, or 0 to have it computed"});
    };
    enough("payload_pool_packets", config.dataplane.payload_pool_packets, least.payload_packets);
    enough("header_pool_packets", config.dataplane.header_pool_packets, least.header_packets);
    enough("indirect_pool_packets", config.dataplane.indirect_pool_packets, least.indirect_packets);

    if (const std::string problem = memory_problem(config, pool_sizes(config)); !problem.empty())
        found.push_back({"dataplane.memory_mb", problem});
}

void check_sockets(const ControlConfig& control, Found& found) {
    if (control.api_socket == control.dataplane_socket) {
        found.push_back({"control.dataplane_socket", "found \"" + control.dataplane_socket +
                                                         "\", which api_socket is already"});
    }
    if (control.https_certificate.empty() && !control.https_key.empty()) {
        found.push_back({"control.https_certificate",
                         "found none, but a key for it; expected the file of the certificate"});
    }
}

void check_limits(const LimitsConfig& limits, Found& found) {
    const auto within = [&](std::string_view key, std::uint32_t value, std::string_view whole,
                            std::uint32_t most) {
        if (value <= most) return;
        found.push_back(
            {"limits." + std::string(key), "found " + number(value) + ", expected at most " +
                                               std::string(whole) + " (" + number(most) + ")"});
    };
    within("participants_per_room", limits.participants_per_room, "participants",
           limits.participants);
    within("tracks_per_participant", limits.tracks_per_participant, "tracks", limits.tracks);
    within("subscriptions_per_participant", limits.subscriptions_per_participant, "subscriptions",
           limits.subscriptions);
    within("subscriptions_per_track", limits.subscriptions_per_track, "subscriptions_per_worker",
           limits.subscriptions_per_worker);
}

}  // namespace

std::vector<Contradiction> contradictions(const Config& config) {
    Found found;
    check_ports(config.dataplane, found);
    check_public_addresses(config.dataplane, found);
    check_tcp(config.dataplane, found);
    check_cpus(config.dataplane, found);
    check_rings(config.dataplane, found);
    check_pools(config, found);
    check_sockets(config.control, found);
    check_limits(config.limits, found);
    return found;
}

}  // namespace strata::api

#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/api/config/steering.h"
#include "dataplane/net/local_net.h"
#include "dataplane/port/port_error.h"

namespace strata::dataplane {

constexpr std::string_view kPci = "pci:";

// An ethdev port as configured, DEVICE[,devargs][;key=value]… (see open_port).
struct EthdevSpec {
    std::string bus;      // "vdev" or "pci"
    std::string device;   // "net_tap0", "0000:3b:00.0"
    std::string devargs;  // "iface=dtk1"
    net::LocalNet local;  // mac and UDP ports are filled in later
    std::string kernel;   // interface that mirrors the port; empty: none
    std::optional<net::MacAddress> mac;
    std::uint16_t mtu = 1'500;              // IP packet, bytes
    std::optional<api::Steering> steering;  // nullopt: the best that the device can do
};

// `spec` has passed check_port_spec.
std::expected<EthdevSpec, PortError> parse_ethdev_spec(std::string_view spec);

}  // namespace strata::dataplane

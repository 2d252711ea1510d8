#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/api/config/config.h"

namespace strata::api {

// Drivers that take chains of mbufs without advertising RTE_ETH_TX_OFFLOAD_MULTI_SEGS; each is
// tried in tests/unit/dataplane/port/ethdev_port_test.cc. Any other one without it gets linear
// packets: net_af_xdp, for one, sends the right number of wrong bytes.
constexpr std::array<std::string_view, 3> kTestedWithChains{"net_null", "net_pcap", "net_ring"};
// Those of virtual devices that advertise it (DPDK 22.11).
constexpr std::array<std::string_view, 5> kAdvertisingChains{
    "net_tap", "net_af_packet", "net_memif", "net_vhost", "net_virtio_user"};

// The driver of an ethdev port: "net_tap" of "net_tap0,iface=strata0". Of a card its device.
inline std::string_view driver_of(std::string_view device) {
    device = device.substr(0, device.find(','));
    return device.substr(0, device.find_last_not_of("0123456789") + 1);
}

// As far as the configuration tells: whether packets for this port may have to be whole, each in a
// buffer of its own. Cards are taken to send chains; whether one does is known at the start.
inline bool may_send_no_chains(const PortSpec& port) {
    if (port.kind != PortSpec::Kind::kEthdev || !port.device.starts_with("net_")) return false;
    const auto is_in = [&](const auto& drivers) {
        return std::ranges::find(drivers, driver_of(port.device)) != drivers.end();
    };
    return !is_in(kTestedWithChains) && !is_in(kAdvertisingChains);
}

}  // namespace strata::api

#include "dataplane/port/port.h"

#include <algorithm>
#include <utility>

#include "dataplane/net/ethernet_link.h"

namespace strata::dataplane {

Port::Port(std::string spec, const PortConfig& config)
    : config_(config), spec_(std::move(spec)), counters_(config.workers) {}

std::uint16_t Port::max_datagram_bytes(const IpAddress& remote,
                                       std::uint16_t path_mtu_bytes) const {
    if (capabilities_.connections) return capabilities_.max_datagram_bytes;
    const auto headers = static_cast<std::uint16_t>(
        (remote.is_v4() ? net::kIpv4Bytes : net::kIpv6Bytes) + net::kUdpBytes);
    const std::uint16_t mtu = std::min(path_mtu_bytes, capabilities_.mtu_bytes);
    return std::min(capabilities_.max_datagram_bytes, static_cast<std::uint16_t>(mtu - headers));
}

}  // namespace strata::dataplane

#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "dataplane/net/ethernet_link.h"
#include "dataplane/net/own_addresses.h"
#include "dataplane/net/weighted_hop.h"
#include "dataplane/port/flow_key.h"

namespace strata::dataplane::net {

struct Route {
    Prefix to;
    IpAddress hop;             // on the link, of either family; unspecified: the destination itself
    bool unreachable = false;  // there is no way
    std::vector<WeightedHop> hops{};  // several ways instead of `hop`, each peer's by choose()
};

// Why nobody is to be sent to.
enum class NoWay : std::uint8_t {
    no_route,
    no_address,     // of ours in that family, or it is no host's
    being_changed,  // not known now; see LearnedRoutes
};

// Who we are on one Ethernet port, and which way leads out.
struct LocalNet {
    MacAddress mac{};
    OwnAddresses own;
    std::vector<IpAddress> gateways;  // at most one of each family
    std::vector<Route> routes;        // beside the gateways; the longest prefix counts
    std::uint16_t vlan = 0;           // 1..4094, 0: untagged
    std::uint16_t first_port = 0;     // UDP: worker w owns first_port + w
    std::uint16_t ports = 1;

    // Of a frame's VLAN tag.
    std::uint16_t tag_bytes() const { return vlan != 0 ? kVlanBytes : std::uint16_t{0}; }
    // Whom to send to for `remote`: itself, a route's hop, the gateway, or nobody. `learned`, a
    // route to it from elsewhere or null, counts where it is longer than what the configuration
    // says.
    std::expected<IpAddress, NoWay> next_hop(const IpAddress& remote,
                                             const Route* learned = nullptr) const;
};

}  // namespace strata::dataplane::net

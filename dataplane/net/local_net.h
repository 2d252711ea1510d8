#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/net/ethernet_link.h"
#include "dataplane/port/flow_key.h"

namespace strata::dataplane::net {

// All addresses that begin with the first `bits` of `address`, of its own family's width.
struct Prefix {
    IpAddress address;
    std::uint8_t bits = 0;

    bool contains(const IpAddress& other) const;
};

struct Route {
    Prefix to;
    IpAddress hop;  // on the link; unspecified: the destination itself
};

// Who we are on one Ethernet port, and which way leads out.
struct LocalNet {
    MacAddress mac{};
    IpAddress address;              // one address, of one family
    std::uint8_t prefix_bits = 24;  // of the family's own width: 1..32 or 1..128
    std::optional<IpAddress> gateway;
    std::vector<Route> routes;     // beside the gateway; the longest prefix counts
    std::uint16_t vlan = 0;        // 1..4094, 0: untagged
    std::uint16_t first_port = 0;  // UDP: worker w owns first_port + w
    std::uint16_t ports = 1;

    // Of a frame's VLAN tag.
    std::uint16_t tag_bytes() const { return vlan != 0 ? kVlanBytes : std::uint16_t{0}; }
    bool on_link(const IpAddress& remote) const;
    // Whom to send to for `remote`: itself, a route's hop, the gateway, or nobody (no route, other
    // family).
    // `learned` routes count where they are longer than what the configuration says.
    std::optional<IpAddress> next_hop(const IpAddress& remote,
                                      std::span<const Route> learned = {}) const;
};

}  // namespace strata::dataplane::net

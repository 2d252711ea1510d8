#include "dataplane/net/local_net.h"

#include <cstring>

namespace strata::dataplane::net {

bool Prefix::contains(const IpAddress& other) const {
    if (other.is_v4() != address.is_v4()) return false;
    // A v4-mapped address has 96 bits in front.
    const unsigned wanted = address.is_v4() ? 96u + bits : bits;
    const unsigned whole = wanted / 8, rest = wanted % 8;
    if (std::memcmp(address.bytes.data(), other.bytes.data(), whole) != 0) return false;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
    return ((address.bytes[whole] ^ other.bytes[whole]) & mask) == 0;
}

bool LocalNet::on_link(const IpAddress& remote) const {
    return Prefix{address, prefix_bits}.contains(remote);
}

std::optional<IpAddress> LocalNet::next_hop(const IpAddress& remote,
                                            std::span<const Route> learned) const {
    if (remote.is_v4() != address.is_v4() || remote.is_unspecified()) return std::nullopt;
    // The link and the gateway are routes as well.
    const Route link{{address, prefix_bits}, {}};
    const Route* best = on_link(remote) ? &link : nullptr;
    const auto consider = [&](std::span<const Route> others) {
        for (const Route& route : others)
            if (route.to.contains(remote) && (!best || route.to.bits > best->to.bits))
                best = &route;
    };
    consider(routes);
    const Route* configured = best;
    consider(learned);
    if (gateway && !configured && (!best || best->to.bits == 0)) return gateway;
    if (!best) return std::nullopt;
    return best->hop.is_unspecified() ? remote : best->hop;
}

}  // namespace strata::dataplane::net

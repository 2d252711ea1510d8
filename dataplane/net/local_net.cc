#include "dataplane/net/local_net.h"

namespace strata::dataplane::net {

std::expected<IpAddress, NoWay> LocalNet::next_hop(const IpAddress& remote,
                                                   const Route* learned) const {
    const Prefix* own_link = own.towards(remote);
    if (own_link == nullptr || remote.is_unspecified()) return std::unexpected(NoWay::no_address);
    // The link and the gateway are routes as well.
    const Route link{*own_link, {}};
    const Route* best = own_link->contains(remote) ? &link : nullptr;
    for (const Route& route : routes)
        if (route.to.contains(remote) && (!best || route.to.bits > best->to.bits)) best = &route;
    const Route* configured = best;
    if (learned && (!best || learned->to.bits > best->to.bits)) best = learned;
    if (!configured && (!best || best->to.bits == 0))
        for (const IpAddress& gateway : gateways)
            if (gateway.is_v4() == remote.is_v4()) return gateway;
    if (!best || best->unreachable) return std::unexpected(NoWay::no_route);
    const IpAddress& hop = best->hops.empty() ? best->hop : choose(best->hops, remote).address;
    return hop.is_unspecified() ? remote : hop;
}

}  // namespace strata::dataplane::net

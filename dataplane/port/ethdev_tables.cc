#include "dataplane/port/ethdev_port.h"

// What people see of a port's network.
namespace strata::dataplane {
namespace {

void add(const net::Route& route, api::RouteOrigin origin, api::HostTables& tables) {
    api::RouteEntry entry{.to = route.to.address.bytes,
                          .hop = route.hop.bytes,
                          .bits = route.to.bits,
                          .origin = origin,
                          .unreachable = route.unreachable};
    if (route.hops.empty()) tables.routes.push_back(entry);
    for (const net::WeightedHop& hop : route.hops) {
        entry.hop = hop.address.bytes;
        entry.weight = static_cast<std::uint16_t>(hop.weight);
        tables.routes.push_back(entry);
    }
}

// The shortest prefix that there is of the gateway's family.
net::Route default_route(const IpAddress& gateway) {
    net::Route route{{}, gateway};
    if (gateway.is_v4()) route.to.address = IpAddress::v4({});
    return route;
}

}  // namespace

api::HostTables EthdevPort::host_tables(relay::TimeUs now) {
    api::HostTables tables;
    neighbours_.list(tables, now);
    for (const net::Prefix& link : local_.own.all())
        add({{link.network(), link.bits}, {}}, api::RouteOrigin::configured, tables);
    for (const net::Route& route : local_.routes) add(route, api::RouteOrigin::configured, tables);
    for (const IpAddress& gateway : local_.gateways)
        add(default_route(gateway), api::RouteOrigin::configured, tables);
    for (const net::Route& route : learned_routes_.all())
        add(route, api::RouteOrigin::kernel, tables);
    return tables;
}

}  // namespace strata::dataplane

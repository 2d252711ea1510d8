#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/net/weighted_hop.h"

struct rtmsg;

namespace strata::dataplane::net {

// What one message of rtnetlink says of a route (RFC 3549, rtnetlink(7)).
struct RouteMessage {
    static constexpr std::size_t kMostHops = 64;

    IpAddress to;
    std::uint32_t table = 0, metric = 0;
    bool no_way = false;  // blackhole, unreachable, prohibit; over whichever interface
    // Those over the interface that was asked for, each address once, in the order of addresses.
    std::vector<WeightedHop> hops;
    // There are next hops that aren't in `hops` but might be: beyond kMostHops, with an
    // encapsulation, of an unknown family, not named at all (a next hop object), or cut off.
    bool refused = false;
};

struct RouteReading {
    int interface = 0;
    bool v6_hops = true;    // false: IPv4 routes by IPv6 next hops are refused
    bool dead_too = false;  // next hops that the kernel doesn't use now (RTNH_F_DEAD, …_LINKDOWN)
};

// `bytes` of attributes follow `route`.
RouteMessage read_route(const rtmsg& route, std::size_t bytes, const RouteReading& how);

}  // namespace strata::dataplane::net

#include "dataplane/net/route_message.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace strata::dataplane::net {

namespace {

// A next hop as it is named, of a route with one or of several.
struct Named {
    IpAddress address;
    std::uint32_t weight = 1;
    int interface = 0;
    bool followable = true;  // by an address, and as it is
};

IpAddress address_of(std::string_view bytes) {
    return IpAddress::from_bytes(bytes).value_or(IpAddress{});
}

std::string_view bytes_of(const rtattr& attribute) {
    return {static_cast<const char*>(RTA_DATA(&attribute)), RTA_PAYLOAD(&attribute)};
}

template <typename T>
T number_of(const rtattr& attribute) {
    T value{};
    if (RTA_PAYLOAD(&attribute) >= sizeof value)
        std::memcpy(&value, RTA_DATA(&attribute), sizeof value);
    return value;
}

// A next hop of another family than the route's: its family in two bytes, then the address.
void read_via(const rtattr& attribute, Named& hop) {
    const auto family = number_of<std::uint16_t>(attribute);
    const std::string_view bytes = bytes_of(attribute).substr(sizeof(rtvia));
    const std::size_t size = family == AF_INET6 ? 16u : family == AF_INET ? 4u : 0u;
    hop.followable = hop.followable && size != 0 && bytes.size() >= size;
    if (hop.followable) hop.address = address_of(bytes.substr(0, size));
}

void read_hop(const rtattr& a, Named& hop) {
    if (a.rta_type == RTA_GATEWAY) hop.address = address_of(bytes_of(a));
    if (a.rta_type == RTA_VIA && RTA_PAYLOAD(&a) >= sizeof(rtvia)) read_via(a, hop);
    if (a.rta_type == RTA_ENCAP) hop.followable = false;
}

class Reader {
  public:
    Reader(const rtmsg& route, const RouteReading& how)
        : route_(route), how_(how), v4_(route.rtm_family == AF_INET) {
        found_.table = route.rtm_table;
        found_.no_way = route.rtm_type == RTN_BLACKHOLE || route.rtm_type == RTN_UNREACHABLE ||
                        route.rtm_type == RTN_PROHIBIT;
        if (v4_) found_.to = unspecified_ = IpAddress::v4({0, 0, 0, 0});
    }

    RouteMessage read(std::size_t bytes) {
        Named one{.address = unspecified_};
        const rtattr* several = nullptr;
        bool by_object = false;
        // Signed: the padding of the last one isn't there always, and makes it negative.
        auto left = static_cast<int>(bytes);
        for (const rtattr* a = RTM_RTA(&route_); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
            read_hop(*a, one);
            switch (a->rta_type) {
                case RTA_DST: found_.to = address_of(bytes_of(*a)); break;
                case RTA_OIF: one.interface = number_of<int>(*a); break;
                case RTA_PRIORITY: found_.metric = number_of<std::uint32_t>(*a); break;
                case RTA_TABLE: found_.table = number_of<std::uint32_t>(*a); break;
                case RTA_MULTIPATH: several = a; break;
                case RTA_NH_ID: by_object = true; break;
                default: break;
            }
        }
        if (found_.no_way || route_.rtm_type != RTN_UNICAST) return std::move(found_);
        if (several)
            read_several(*several);
        else if (one.interface != 0)
            take(one);
        else  // net.ipv4.nexthop_compat_mode is 0
            found_.refused = by_object;
        merge();
        return std::move(found_);
    }

  private:
    void read_several(const rtattr& attribute) {
        auto left = static_cast<int>(RTA_PAYLOAD(&attribute));
        const auto* hop = static_cast<const rtnexthop*>(RTA_DATA(&attribute));
        for (; left >= static_cast<int>(sizeof *hop) && RTNH_OK(hop, left); hop = RTNH_NEXT(hop)) {
            left -= static_cast<int>(RTNH_ALIGN(hop->rtnh_len));
            const bool dead = (hop->rtnh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) != 0;
            if (dead && !how_.dead_too) continue;
            Named named{.address = unspecified_,
                        .weight = hop->rtnh_hops + 1u,
                        .interface = hop->rtnh_ifindex};
            auto rest = static_cast<int>(hop->rtnh_len - sizeof *hop);
            for (const rtattr* a = RTNH_DATA(hop); RTA_OK(a, rest); a = RTA_NEXT(a, rest))
                read_hop(*a, named);
            take(named);
        }
        found_.refused |= left > 0;
    }

    void take(const Named& hop) {
        if (hop.interface != how_.interface) return;
        const bool followable = hop.followable && (how_.v6_hops || !v4_ || hop.address.is_v4()) &&
                                found_.hops.size() < RouteMessage::kMostHops;
        if (followable)
            found_.hops.push_back({hop.address, hop.weight});
        else
            found_.refused = true;
    }

    // The same one may be named more than once, which is a weight as well.
    void merge() {
        std::vector<WeightedHop>& hops = found_.hops;
        std::ranges::sort(hops, {}, [](const WeightedHop& hop) { return hop.address.bytes; });
        std::size_t kept = 0;
        for (const WeightedHop& hop : hops) {
            if (kept != 0 && hops[kept - 1].address == hop.address)
                hops[kept - 1].weight += hop.weight;
            else
                hops[kept++] = hop;
        }
        hops.resize(kept);
    }

    const rtmsg& route_;
    const RouteReading& how_;
    bool v4_;
    IpAddress unspecified_;
    RouteMessage found_;
};

}  // namespace

RouteMessage read_route(const rtmsg& route, std::size_t bytes, const RouteReading& how) {
    return Reader(route, how).read(bytes);
}

}  // namespace strata::dataplane::net

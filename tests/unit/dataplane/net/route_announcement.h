#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "dataplane/net/kernel_routes.h"

namespace strata::dataplane::net {

inline IpAddress address(const char* text) { return *IpAddress::parse(text); }

// One message as the kernel announces it.
class RouteAnnouncement {
  public:
    RouteAnnouncement(std::uint16_t type, const char* to, std::uint8_t bits)
        : v4_(IpAddress::parse(to)->is_v4()) {
        head_.nlmsg_type = type;
        route_.rtm_family = v4_ ? AF_INET : AF_INET6;
        route_.rtm_dst_len = bits;
        route_.rtm_table = RT_TABLE_MAIN;
        route_.rtm_type = RTN_UNICAST;
        if (bits != 0) address(RTA_DST, to);
    }
    RouteAnnouncement& via(const char* hop) { return address(RTA_GATEWAY, hop); }
    // RTA_VIA: a next hop of a family of its own.
    RouteAnnouncement& via_other(std::uint16_t family, const IpAddress& hop,
                                 std::size_t size = 16) {
        std::array<std::uint8_t, 18> via;
        std::memcpy(via.data(), &family, 2);
        std::memcpy(via.data() + 2, hop.bytes.data(), 16);
        return add(RTA_VIA, via.data(), 2 + size);
    }
    // RTA_MULTIPATH. Without a gateway: on the link.
    struct Hop {
        const char* gateway = "";
        std::uint32_t interface = 0;
        unsigned weight = 1;
        std::uint8_t flags = 0;
        bool by_other_family = false;
        bool encapsulated = false;
    };
    RouteAnnouncement& several(const std::vector<Hop>& hops) {
        std::vector<std::uint8_t> all;
        for (const Hop& hop : hops) {
            RouteAnnouncement one(*this);
            one.rest_.clear();
            if (hop.by_other_family)
                one.via_other(AF_INET6, *IpAddress::parse(hop.gateway));
            else if (*hop.gateway != 0)
                one.via(hop.gateway);
            if (hop.encapsulated) one.encapsulated();
            rtnexthop head{};
            head.rtnh_len = static_cast<std::uint16_t>(sizeof head + one.rest_.size());
            head.rtnh_flags = hop.flags;
            head.rtnh_hops = static_cast<std::uint8_t>(hop.weight - 1);
            head.rtnh_ifindex = static_cast<int>(hop.interface);
            const auto* bytes = reinterpret_cast<const std::uint8_t*>(&head);
            all.insert(all.end(), bytes, bytes + sizeof head);
            all.insert(all.end(), one.rest_.begin(), one.rest_.end());
        }
        return add(RTA_MULTIPATH, all.data(), all.size());
    }
    RouteAnnouncement& by_object(std::uint32_t id) { return number(RTA_NH_ID, id); }
    RouteAnnouncement& encapsulated() { return number(RTA_ENCAP, 0); }
    RouteAnnouncement& flags(std::uint16_t value) {
        head_.nlmsg_flags = value;
        return *this;
    }
    RouteAnnouncement& answers(const KernelRoutes::Request& request) {
        head_.nlmsg_seq = request.sequence;
        head_.nlmsg_pid = request.port_id;
        return *this;
    }
    RouteAnnouncement& over(std::uint32_t interface) { return number(RTA_OIF, interface); }
    RouteAnnouncement& metric(std::uint32_t value) { return number(RTA_PRIORITY, value); }
    RouteAnnouncement& table(std::uint32_t value) { return number(RTA_TABLE, value); }
    RouteAnnouncement& type(std::uint8_t value) {
        route_.rtm_type = value;
        return *this;
    }
    std::vector<std::uint8_t> bytes() const {
        nlmsghdr head = head_;
        head.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof route_) + rest_.size());
        std::vector<std::uint8_t> out(NLMSG_LENGTH(sizeof route_));
        std::memcpy(out.data(), &head, sizeof head);
        std::memcpy(out.data() + NLMSG_HDRLEN, &route_, sizeof route_);
        out.insert(out.end(), rest_.begin(), rest_.end());
        return out;
    }

  private:
    RouteAnnouncement& add(std::uint16_t type, const void* data, std::size_t size) {
        const rtattr head{static_cast<std::uint16_t>(RTA_LENGTH(size)), type};
        const std::size_t at = rest_.size();
        rest_.resize(at + RTA_SPACE(size));
        std::memcpy(&rest_[at], &head, sizeof head);
        std::memcpy(&rest_[at] + RTA_LENGTH(0), data, size);
        return *this;
    }
    RouteAnnouncement& address(std::uint16_t type, const char* text) {
        const IpAddress address = *IpAddress::parse(text);
        if (v4_) return add(type, address.v4_bytes(), 4);
        return add(type, address.bytes.data(), 16);
    }
    RouteAnnouncement& number(std::uint16_t type, std::uint32_t value) {
        return add(type, &value, sizeof value);
    }

    bool v4_;
    nlmsghdr head_{};
    rtmsg route_{};
    std::vector<std::uint8_t> rest_;
};

}  // namespace strata::dataplane::net

#include "dataplane/net/kernel_routes.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace strata::dataplane::net {

namespace {

constexpr std::size_t kMessageBytes = 32'768;  // as libnetlink has it: the kernel's largest page
constexpr int kMessagesPerRead = 64;

// What a message says of one route; nothing where it isn't for us.
struct Attributes {
    IpAddress to, hop;
    int interface = 0;
    std::uint32_t table = 0, metric = 0;
};

IpAddress address_of(const rtattr& attribute) {
    const std::string_view bytes(static_cast<const char*>(RTA_DATA(&attribute)),
                                 RTA_PAYLOAD(&attribute));
    return IpAddress::from_bytes(bytes).value_or(IpAddress{});
}

template <typename T>
T number_of(const rtattr& attribute) {
    T value{};
    if (RTA_PAYLOAD(&attribute) >= sizeof value)
        std::memcpy(&value, RTA_DATA(&attribute), sizeof value);
    return value;
}

Attributes attributes_of(const rtmsg& route, std::size_t bytes) {
    Attributes found;
    found.table = route.rtm_table;
    if (route.rtm_family == AF_INET) found.to = found.hop = IpAddress::v4({0, 0, 0, 0});
    auto left = static_cast<unsigned>(bytes);
    for (const rtattr* a = RTM_RTA(&route); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        if (a->rta_type == RTA_DST) found.to = address_of(*a);
        if (a->rta_type == RTA_GATEWAY) found.hop = address_of(*a);
        if (a->rta_type == RTA_OIF) found.interface = number_of<int>(*a);
        if (a->rta_type == RTA_PRIORITY) found.metric = number_of<std::uint32_t>(*a);
        if (a->rta_type == RTA_TABLE) found.table = number_of<std::uint32_t>(*a);
    }
    return found;
}

}  // namespace

std::expected<KernelRoutes, std::string> KernelRoutes::open(const std::string& interface, bool v4,
                                                            std::size_t capacity) {
    const auto failure = [&](const char* what) {
        return std::unexpected(std::string(what) + ": " + std::strerror(errno));
    };
    const unsigned index = ::if_nametoindex(interface.c_str());
    if (index == 0) return failure("no such interface");
    KernelRoutes routes(
        ::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE),
        static_cast<int>(index), v4, capacity);
    sockaddr_nl local{};
    local.nl_family = AF_NETLINK;
    local.nl_groups = v4 ? RTMGRP_IPV4_ROUTE : RTMGRP_IPV6_ROUTE;
    if (routes.fd_ < 0 ||
        ::bind(routes.fd_, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0)
        return failure("can't listen to the kernel's routes");
    if (!routes.ask_for_all()) return failure("can't ask for the kernel's routes");
    return routes;
}

KernelRoutes::KernelRoutes(KernelRoutes&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      interface_(other.interface_),
      v4_(other.v4_),
      capacity_(other.capacity_),
      routes_(std::move(other.routes_)),
      refused_(other.refused_) {}

KernelRoutes::~KernelRoutes() {
    if (fd_ >= 0) ::close(fd_);
}

// The answers come among the announcements.
bool KernelRoutes::ask_for_all() const {
    struct {
        nlmsghdr head;
        rtmsg route;
    } request{};
    request.head.nlmsg_len = sizeof request;
    request.head.nlmsg_type = RTM_GETROUTE;
    request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.route.rtm_family = v4_ ? AF_INET : AF_INET6;
    return ::send(fd_, &request, sizeof request, 0) == static_cast<ssize_t>(sizeof request);
}

bool KernelRoutes::read() {
    alignas(nlmsghdr) std::array<std::uint8_t, kMessageBytes> buffer;
    bool changed = false;
    for (int i = 0; i < kMessagesPerRead; ++i) {
        const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == ENOBUFS) {
            // Announcements were lost: begin anew.
            routes_.clear();
            changed = true;
            ask_for_all();
            continue;
        }
        if (size <= 0) break;
        changed |= apply({buffer.data(), static_cast<std::size_t>(size)});
    }
    return changed;
}

bool KernelRoutes::apply(std::span<const std::uint8_t> messages) {
    bool changed = false;
    auto left = static_cast<unsigned>(messages.size());
    for (const auto* head = reinterpret_cast<const nlmsghdr*>(messages.data());
         NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
        const bool added = head->nlmsg_type == RTM_NEWROUTE;
        if ((!added && head->nlmsg_type != RTM_DELROUTE) ||
            head->nlmsg_len < NLMSG_LENGTH(sizeof(rtmsg)))
            continue;
        const auto& message = *static_cast<const rtmsg*>(NLMSG_DATA(head));
        if (message.rtm_type != RTN_UNICAST || message.rtm_family != (v4_ ? AF_INET : AF_INET6))
            continue;
        const Attributes found = attributes_of(message, RTM_PAYLOAD(head));
        if (found.table != RT_TABLE_MAIN || found.interface != interface_) continue;
        const Key key{found.to.bytes, message.rtm_dst_len, found.metric};
        changed |= added ? set(key, found.hop) : routes_.erase(key) != 0;
    }
    return changed;
}

bool KernelRoutes::set(const Key& key, const IpAddress& hop) {
    const auto known = routes_.find(key);
    if (known == routes_.end() && routes_.size() >= capacity_) return ++refused_, false;
    if (known != routes_.end() && known->second == hop) return false;
    routes_.insert_or_assign(key, hop);
    return true;
}

std::vector<Route> KernelRoutes::routes() const {
    std::vector<Route> all;
    for (const auto& [key, hop] : routes_) {
        const auto& [address, bits, metric] = key;
        const bool again =
            !all.empty() && all.back().to.address.bytes == address && all.back().to.bits == bits;
        if (!again) all.push_back({{IpAddress{address}, bits}, hop});
    }
    return all;
}

}  // namespace strata::dataplane::net

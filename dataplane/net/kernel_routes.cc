#include "dataplane/net/kernel_routes.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "dataplane/net/route_message.h"

namespace strata::dataplane::net {

namespace {

constexpr std::size_t kMessageBytes = 32'768;  // as libnetlink has it: the kernel's largest page
constexpr int kMessagesPerRead = 64;

// What follows the message's head, if it is all there.
template <typename T>
const T* body_of(const nlmsghdr& head) {
    if (head.nlmsg_len < NLMSG_LENGTH(sizeof(T))) return nullptr;
    return static_cast<const T*>(NLMSG_DATA(&head));
}

}  // namespace

std::expected<KernelRoutes, std::string> KernelRoutes::open(const std::string& interface, bool v4,
                                                            std::size_t capacity, bool v6_hops) {
    const auto failure = [&](const char* what) {
        return std::unexpected(std::string(what) + ": " + std::strerror(errno));
    };
    const unsigned index = ::if_nametoindex(interface.c_str());
    if (index == 0) return failure("no such interface");
    KernelRoutes routes(
        ::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE),
        static_cast<int>(index), v4, capacity, v6_hops);
    if (!routes.listen()) return failure("can't listen to the kernel's routes");
    routes.ask_for_all();
    if (routes.outdated_) return failure("can't ask for the kernel's routes");
    return routes;
}

bool KernelRoutes::listen() {
    sockaddr_nl local{};
    local.nl_family = AF_NETLINK;
    local.nl_groups = RTMGRP_LINK | (v4_ ? RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_IFADDR
                                         : RTMGRP_IPV6_ROUTE | RTMGRP_IPV6_IFADDR);
    auto* address = reinterpret_cast<sockaddr*>(&local);
    socklen_t size = sizeof local;
    if (fd_ < 0 || ::bind(fd_, address, size) != 0 || ::getsockname(fd_, address, &size) != 0)
        return false;
    request_.port_id = local.nl_pid;
    // Kernels before 5.3 have no such group, and nothing to say in it.
    const int next_hops = RTNLGRP_NEXTHOP;
    ::setsockopt(fd_, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &next_hops, sizeof next_hops);
    return true;
}

KernelRoutes::KernelRoutes(KernelRoutes&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      interface_(other.interface_),
      v4_(other.v4_),
      v6_hops_(other.v6_hops_),
      capacity_(other.capacity_),
      routes_(std::move(other.routes_)),
      request_(other.request_),
      answer_(std::move(other.answer_)),
      outdated_(other.outdated_),
      refused_(other.refused_) {}

KernelRoutes::~KernelRoutes() {
    if (fd_ >= 0) ::close(fd_);
}

// The answers come among the announcements. Until they are whole, what was known holds.
void KernelRoutes::ask_for_all() {
    struct {
        nlmsghdr head;
        rtmsg route;
    } request{};
    request.head.nlmsg_len = sizeof request;
    request.head.nlmsg_type = RTM_GETROUTE;
    request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.head.nlmsg_seq = ++request_.sequence;
    request.route.rtm_family = v4_ ? AF_INET : AF_INET6;
    if (::send(fd_, &request, sizeof request, 0) != static_cast<ssize_t>(sizeof request)) return;
    outdated_ = false;
    answer_.emplace();
}

bool KernelRoutes::read() {
    alignas(nlmsghdr) std::array<std::uint8_t, kMessageBytes> buffer;
    bool changed = false;
    if (outdated_ && !answer_) ask_for_all();
    for (int i = 0; i < kMessagesPerRead; ++i) {
        const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == ENOBUFS) {
            outdated_ = true;  // announcements were lost
            continue;
        }
        if (size <= 0) break;
        changed |= apply({buffer.data(), static_cast<std::size_t>(size)});
    }
    return changed;
}

bool KernelRoutes::apply(std::span<const std::uint8_t> messages) {
    bool changed = false;
    auto left = static_cast<int>(messages.size());  // negative behind one without padding
    for (const auto* head = reinterpret_cast<const nlmsghdr*>(messages.data());
         left > 0 && NLMSG_OK(head, static_cast<unsigned>(left)); head = NLMSG_NEXT(head, left)) {
        const bool ours = answers_us(*head);
        // The kernel's tables changed while it went through them.
        if (ours && (head->nlmsg_flags & NLM_F_DUMP_INTR) != 0) outdated_ = true;
        switch (head->nlmsg_type) {
            case RTM_NEWROUTE:
            case RTM_DELROUTE: changed |= take_route(*head); break;
            case NLMSG_DONE: changed |= ours && end_answer(); break;
            case NLMSG_ERROR:  // EBUSY: asked for too often
                if (!ours) break;
                answer_.reset();
                outdated_ = true;
                break;
            default: outdated_ |= concerns_us(*head);
        }
    }
    return changed;
}

bool KernelRoutes::answers_us(const nlmsghdr& head) const {
    return Request{head.nlmsg_seq, head.nlmsg_pid} == request_;
}

// Routes go without a word when their interface does, their address or their next hop.
bool KernelRoutes::concerns_us(const nlmsghdr& head) const {
    if (head.nlmsg_type == RTM_NEWLINK || head.nlmsg_type == RTM_DELLINK) {
        const auto* link = body_of<ifinfomsg>(head);
        return link && link->ifi_index == interface_;
    }
    if (head.nlmsg_type == RTM_NEWADDR || head.nlmsg_type == RTM_DELADDR) {
        const auto* address = body_of<ifaddrmsg>(head);
        return address && static_cast<int>(address->ifa_index) == interface_;
    }
    return head.nlmsg_type == RTM_DELNEXTHOP;
}

bool KernelRoutes::take_route(const nlmsghdr& head) {
    const auto* message = body_of<rtmsg>(head);
    if (!message || message->rtm_family != (v4_ ? AF_INET : AF_INET6)) return false;
    const bool added = head.nlmsg_type == RTM_NEWROUTE, dumped = answers_us(head);
    const RouteMessage found =
        read_route(*message, RTM_PAYLOAD(&head), {interface_, v6_hops_, !v4_ && !added});
    if (found.table != RT_TABLE_MAIN) return false;
    const Key key{found.to.bytes, message->rtm_dst_len, found.metric};
    if (found.refused && added) ++refused_;
    if (!found.no_way && found.hops.empty()) {
        // In the place of one of ours, of which the kernel says no more.
        constexpr unsigned kTakesPlace = NLM_F_REPLACE | NLM_F_APPEND;
        if (added && (head.nlmsg_flags & kTakesPlace) != 0 && routes_.contains(key))
            outdated_ = true;
        return false;
    }
    const auto take = [&](Ways& ways) {
        return added ? set(ways, key, found.hops) : remove(ways, key, found.hops);
    };
    const std::uint64_t refused = refused_;
    if (answer_) take(*answer_);
    if (dumped) return false;
    refused_ = refused;  // it is counted once
    return take(routes_);
}

// Another one with the same prefix and metric stays. Of an IPv6 route the kernel may say that some
// of its next hops have gone.
bool KernelRoutes::remove(Ways& ways, const Key& key, const Way& way) {
    const auto known = ways.find(key);
    if (known == ways.end()) return false;
    if (known->second == way) return ways.erase(known), true;
    const auto is_named = [&](const WeightedHop& hop) {
        return std::ranges::find(way, hop.address, &WeightedHop::address) != way.end();
    };
    if (std::ranges::none_of(known->second, is_named)) return false;
    if (v4_) return outdated_ = true, false;
    std::erase_if(known->second, is_named);
    if (known->second.empty()) ways.erase(known);
    return true;
}

// All were named: those that were not are gone.
bool KernelRoutes::end_answer() {
    if (!answer_) return false;
    const bool changed = *answer_ != routes_;
    routes_ = std::move(*answer_);
    answer_.reset();
    return changed;
}

bool KernelRoutes::set(Ways& ways, const Key& key, const Way& way) {
    const auto known = ways.find(key);
    if (known == ways.end() && ways.size() >= capacity_) return ++refused_, false;
    if (known != ways.end() && known->second == way) return false;
    ways.insert_or_assign(key, way);
    return true;
}

std::vector<Route> KernelRoutes::routes() const {
    std::vector<Route> all;
    for (const auto& [key, way] : routes_) {
        const auto& [address, bits, metric] = key;
        const bool again =
            !all.empty() && all.back().to.address.bytes == address && all.back().to.bits == bits;
        if (again) continue;
        Route& route = all.emplace_back(Route{{IpAddress{address}, bits}, {}, way.empty(), {}});
        if (way.size() == 1)
            route.hop = way.front().address;
        else
            route.hops = way;
    }
    return all;
}

}  // namespace strata::dataplane::net

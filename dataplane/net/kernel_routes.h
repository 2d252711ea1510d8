#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "dataplane/net/local_net.h"

struct nlmsghdr;

namespace strata::dataplane::net {

// The kernel's routes over one interface, and what it says that there is no way to (blackhole,
// unreachable, prohibit), kept up to date by rtnetlink (RFC 3549). Those of the main table, of one
// address family, with one or several next hops, which for IPv4 may be IPv6 ones (RFC 8950); of
// several those count that are over the interface and that the kernel uses. Nothing is written.
// Not every route that goes is announced: when the interface, its addresses or the
// kernel's next hops change, all are asked for anew. One thread.
class KernelRoutes {
  public:
    // At most `capacity` of them are kept; those by an IPv6 next hop only where `v6_hops`.
    static std::expected<KernelRoutes, std::string> open(const std::string& interface, bool v4,
                                                         std::size_t capacity, bool v6_hops = true);
    KernelRoutes(KernelRoutes&& other) noexcept;
    KernelRoutes& operator=(KernelRoutes&&) = delete;
    ~KernelRoutes();

    // Takes in what the kernel has announced, bounded; never blocks. True: the routes have changed.
    bool read();
    // Of several to one prefix the one with the lowest metric.
    std::vector<Route> routes() const;
    // How often the kernel named one that isn't followed, or not by all its next hops: beyond the
    // capacity or RouteMessage::kMostHops, by a next hop that can't be asked for or that isn't
    // named (net.ipv4.nexthop_compat_mode is 0), or with an encapsulation.
    std::uint64_t refused() const { return refused_; }

    // Takes messages in as they come from the kernel.
    bool apply(std::span<const std::uint8_t> messages);

    // What answers to the last request for all routes carry; announcements have another one's.
    struct Request {
        std::uint32_t sequence = 0, port_id = 0;
        friend bool operator==(const Request&, const Request&) = default;
    };
    const Request& last_request() const { return request_; }

  private:
    // Address, bits, metric.
    using Key = std::tuple<std::array<std::uint8_t, 16>, std::uint8_t, std::uint32_t>;
    using Way = std::vector<WeightedHop>;  // none: there is no way
    using Ways = std::map<Key, Way>;

    KernelRoutes(int fd, int interface, bool v4, std::size_t capacity, bool v6_hops)
        : fd_(fd), interface_(interface), v4_(v4), v6_hops_(v6_hops), capacity_(capacity) {}
    bool listen();
    void ask_for_all();
    bool answers_us(const nlmsghdr& head) const;
    bool take_route(const nlmsghdr& head);
    bool concerns_us(const nlmsghdr& head) const;
    bool end_answer();
    bool set(Ways& ways, const Key& key, const Way& way);
    bool remove(Ways& ways, const Key& key, const Way& way);

    int fd_;
    int interface_;
    bool v4_;
    bool v6_hops_;
    std::size_t capacity_;
    Ways routes_;
    Request request_;
    std::optional<Ways> answer_;  // to the last request, until it is whole
    bool outdated_ = true;        // all are to be asked for
    std::uint64_t refused_ = 0;
};

}  // namespace strata::dataplane::net

#include "dataplane/net/learned_routes.h"

#include <algorithm>
#include <compare>
#include <cstring>

namespace strata::dataplane::net {

namespace {

constexpr unsigned kMappedBits = 96;  // in front of a v4-mapped address

}  // namespace

void LearnedRoutes::replace(std::vector<Route> routes) {
    for (Route& route : routes) route.to.address = route.to.network();
    std::ranges::sort(routes, [](const Route& a, const Route& b) {
        const unsigned bits = a.to.bits_of_128(), others = b.to.bits_of_128();
        return bits != others ? bits > others : a.to.address.bytes < b.to.address.bytes;
    });
    std::vector<Length> lengths;
    for (std::size_t i = 0; i < routes.size(); ++i) {
        const unsigned bits = routes[i].to.bits_of_128();
        if (lengths.empty() || lengths.back().bits != bits) lengths.push_back({bits, i, i});
        lengths.back().end = i + 1;
    }
    rte_rwlock_write_lock(&lock_);
    routes_.swap(routes);
    lengths_.swap(lengths);
    rte_rwlock_write_unlock(&lock_);
    generation_.fetch_add(1, std::memory_order_release);
}

std::expected<IpAddress, NoWay> LearnedRoutes::next_hop(const LocalNet& local,
                                                        const IpAddress& remote) {
    if (generation() == 0) return local.next_hop(remote);
    if (rte_rwlock_read_trylock(&lock_) != 0) return std::unexpected(NoWay::being_changed);
    const auto hop = local.next_hop(remote, longest(remote));
    rte_rwlock_read_unlock(&lock_);
    return hop;
}

const Route* LearnedRoutes::longest(const IpAddress& remote) const {
    const unsigned least = remote.is_v4() ? kMappedBits : 0;  // ::/0 isn't for IPv4
    for (const Length& length : lengths_) {
        if (length.bits < least) break;
        const IpAddress network = network_of(remote, length.bits);
        const auto begin = routes_.begin() + static_cast<std::ptrdiff_t>(length.begin);
        const auto end = routes_.begin() + static_cast<std::ptrdiff_t>(length.end);
        const auto at =
            std::lower_bound(begin, end, network, [](const Route& a, const IpAddress& b) {
                return std::memcmp(a.to.address.bytes.data(), b.bytes.data(), b.bytes.size()) < 0;
            });
        if (at != end && at->to.address == network) return &*at;
    }
    return nullptr;
}

}  // namespace strata::dataplane::net

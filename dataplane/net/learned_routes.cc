#include "dataplane/net/learned_routes.h"

namespace strata::dataplane::net {

void LearnedRoutes::replace(std::vector<Route> routes) {
    rte_spinlock_lock(&lock_);
    routes_.swap(routes);
    rte_spinlock_unlock(&lock_);
    generation_.fetch_add(1, std::memory_order_release);
}

std::optional<IpAddress> LearnedRoutes::next_hop(const LocalNet& local, const IpAddress& remote) {
    if (generation() == 0) return local.next_hop(remote, {});
    rte_spinlock_lock(&lock_);
    const auto hop = local.next_hop(remote, routes_);
    rte_spinlock_unlock(&lock_);
    return hop;
}

}  // namespace strata::dataplane::net

#pragma once

#include <rte_spinlock.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/net/local_net.h"

namespace strata::dataplane::net {

// Routes that somebody else decides on, beside those of the configuration. Replaced on one thread,
// looked up on any when a link is made: under a lock that is held for as long as a swap takes.
class LearnedRoutes {
  public:
    void replace(std::vector<Route> routes);
    // As LocalNet::next_hop, these routes included.
    std::optional<IpAddress> next_hop(const LocalNet& local, const IpAddress& remote);
    // Another number after each change: links that were made before may lead elsewhere now.
    std::uint32_t generation() const { return generation_.load(std::memory_order_acquire); }

  private:
    rte_spinlock_t lock_ = RTE_SPINLOCK_INITIALIZER;
    std::vector<Route> routes_;
    std::atomic<std::uint32_t> generation_{0};
};

}  // namespace strata::dataplane::net

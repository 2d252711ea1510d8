#pragma once

#include <cstdint>
#include <span>

#include "dataplane/port/flow_key.h"

namespace strata::dataplane::net {

// One of several next hops of a route (equal-cost multipath).
struct WeightedHop {
    IpAddress address;         // on the link, of either family; unspecified: the destination itself
    std::uint32_t weight = 1;  // its share is this ÷ that of all; at least 1
    friend bool operator==(const WeightedHop&, const WeightedHop&) = default;
};

// Which of `hops`, of which there is at least one, packets to `remote` take: always the same, in
// whichever order they stand. When one goes only those who had it get another; when one comes only
// those who get it lose theirs (weighted rendezvous hashing).
// budget: 60 ns for each of them
const WeightedHop& choose(std::span<const WeightedHop> hops, const IpAddress& remote);

}  // namespace strata::dataplane::net

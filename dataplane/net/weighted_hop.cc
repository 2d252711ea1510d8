#include "dataplane/net/weighted_hop.h"

#include <array>
#include <bit>
#include <cmath>

namespace strata::dataplane::net {

namespace {

// Steele, Lea and Flood, "Fast splittable pseudorandom number generators": SplitMix64's step.
std::uint64_t mix(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
}

std::uint64_t add(std::uint64_t hash, const IpAddress& address) {
    const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(address.bytes);
    return mix(mix(hash ^ words[0]) ^ words[1]);
}

// The larger the weight, the likelier the largest: the chance is the hop's part of all weights.
double score(const WeightedHop& hop, std::uint64_t remote) {
    const std::uint64_t hash = add(remote, hop.address);
    const double uniform = (static_cast<double>(hash >> 12) + 0.5) * 0x1p-52;  // in (0, 1)
    return hop.weight / -std::log(uniform);
}

}  // namespace

const WeightedHop& choose(std::span<const WeightedHop> hops, const IpAddress& remote) {
    const WeightedHop* best = &hops.front();
    if (hops.size() == 1) return *best;
    const std::uint64_t hash = add(0, remote);
    double highest = score(*best, hash);
    for (const WeightedHop& hop : hops.subspan(1)) {
        const double its = score(hop, hash);
        if (its <= highest) continue;
        highest = its;
        best = &hop;
    }
    return *best;
}

}  // namespace strata::dataplane::net

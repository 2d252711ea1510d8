#pragma once

#include <cstdint>

namespace strata::dataplane {

// Frames per second that the kernel gets, by what they are.
struct KernelRates {
    std::uint32_t tcp = 20'000, udp = 5'000, icmp = 1'000, neighbour = 1'000, other = 1'000;
};

}  // namespace strata::dataplane

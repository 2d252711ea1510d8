#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace strata::api {

// How a received packet comes to the worker whose UDP port it names.
enum class Steering : std::uint8_t {
    none,  // nothing to choose: one worker, or each has a socket of its own
    flow,  // by the device: a rule for each worker
    rss,   // by the device: a hash of the UDP destination port alone
    ring,  // whichever worker receives it hands it over
};
constexpr std::array<std::string_view, 4> kSteeringNames{"none", "flow", "rss", "ring"};

constexpr std::string_view name(Steering method) {
    return kSteeringNames[static_cast<std::size_t>(method)];
}

}  // namespace strata::api

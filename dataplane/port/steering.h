#pragma once

#include <cstdint>
#include <string>

#include "dataplane/api/config/steering.h"

namespace strata::dataplane {

// What a device is to bring to whom: datagrams to UDP port first_udp_port + w to receive queue w.
struct SteeredPorts {
    std::uint16_t first_udp_port = 0;
    std::uint16_t workers = 1;
    std::uint16_t vlan = 0;  // 1..4094, 0: untagged
};

// What a port does, as of now. Main thread.
struct SteeringReport {
    api::Steering method = api::Steering::none;
    std::string reason;  // why not a better one; empty: there is none
};

}  // namespace strata::dataplane

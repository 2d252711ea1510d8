#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/api/config/payload_path.h"

namespace strata::dataplane {

// What becomes of payloads on a port, since it was opened, and why.
struct PayloadReport {
    api::PayloadPath path = api::PayloadPath::chained;
    std::string reason;  // empty: nothing is in the way
};

// Of a DPDK driver ("net_tap"; a card's device as configured). `advertised`: it has
// RTE_ETH_TX_OFFLOAD_MULTI_SEGS. `max_segments`: of a packet, as its descriptors limit them.
PayloadReport payload_report(std::string_view driver, bool advertised, std::uint16_t max_segments);

}  // namespace strata::dataplane

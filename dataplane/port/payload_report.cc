#include "dataplane/port/payload_report.h"

#include <algorithm>
#include <array>

namespace strata::dataplane {

namespace {

// Drivers that take chains without advertising RTE_ETH_TX_OFFLOAD_MULTI_SEGS; each is tried in
// tests/unit/dataplane/port/ethdev_port_test.cc. Any other one without it gets linear packets:
// net_af_xdp, for one, sends the right number of wrong bytes.
constexpr std::array<std::string_view, 3> kTestedWithChains{"net_null", "net_pcap", "net_ring"};

}  // namespace

PayloadReport payload_report(std::string_view driver, bool advertised, std::uint16_t max_segments) {
    const std::string who(driver);
    const bool tested = std::ranges::find(kTestedWithChains, driver) != kTestedWithChains.end();
    if (!advertised && !tested)
        return {api::PayloadPath::linearised,
                who + " doesn't advertise multi-segment packets, and isn't tested with them"};
    if (max_segments < 2)
        return {api::PayloadPath::linearised, who + " takes packets of one segment"};
    return {api::PayloadPath::chained,
            who + (advertised ? " advertises multi-segment packets"
                              : " is tested with multi-segment packets")};
}

}  // namespace strata::dataplane

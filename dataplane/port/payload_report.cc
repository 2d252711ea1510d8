#include "dataplane/port/payload_report.h"

#include <algorithm>

#include "dataplane/api/config/chains.h"

namespace strata::dataplane {

PayloadReport payload_report(std::string_view driver, bool advertised, std::uint16_t max_segments) {
    const std::string who(driver);
    const bool tested =
        std::ranges::find(api::kTestedWithChains, driver) != api::kTestedWithChains.end();
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

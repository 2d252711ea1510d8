#pragma once

#include <algorithm>

#include "dataplane/port/tx_class.h"
#include "relay/svc/layers.h"

namespace strata::dataplane {

// The highest layers of video within `wanted` none of whose packets are worth less than
// `uppermost`: what a peer should be sent whose queue leaves out all above it (C40). Paused where
// that is nothing.
constexpr relay::LayerTarget lowered_target(relay::LayerTarget wanted, TxClass uppermost) {
    const auto fits = [uppermost](unsigned encoding, unsigned spatial, unsigned temporal) {
        return layer_class(encoding, spatial, temporal) <= uppermost;
    };
    if (fits(wanted.encoding, wanted.spatial, wanted.temporal)) return wanted;
    for (unsigned e = wanted.encoding + 1u; e-- > 0;)
        for (unsigned s = wanted.spatial + 1u; s-- > 0;)
            for (unsigned t = wanted.temporal + 1u; t-- > 0;)
                if (fits(e, s, t))
                    return {.encoding = static_cast<std::uint8_t>(e),
                            .spatial = static_cast<relay::SpatialId>(s),
                            .temporal = static_cast<relay::TemporalId>(t),
                            .paused = wanted.paused};
    wanted.paused = true;
    return wanted;
}

}  // namespace strata::dataplane

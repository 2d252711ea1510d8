#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "control/room/error.h"
#include "control/room/specs.h"
#include "control/signalling/sdp/codec_choice.h"
#include "control/signalling/sdp/description.h"

namespace strata::control::sdp {

// What a publisher's offer comes to.
struct PublishedSection {
    std::size_t index = 0;  // of the offer's media
    TrackSpec track;
    Media answer;  // without transport
};

// Each section that the peer would send on and whose codec is relayed, with all of its encodings:
// by rid (smallest picture first), by SSRC groups, or one, by its SSRC or its MID alone. Refused as
// not_acceptable where there is none.
Result<std::vector<PublishedSection>> plan_publish(const Description& offer,
                                                   const Capabilities& capabilities);

}  // namespace strata::control::sdp

#pragma once

#include <string_view>

#include "control/room/error.h"
#include "control/room/limits.h"
#include "control/signalling/sdp/description.h"

namespace strata::control {

// Reads a description within limits.sdp_…, and counts where one was hit.
Result<sdp::Description> read_description(Limits& limits, std::string_view text);
// The answer to an offer of ours with `media_sections` of them: as long as a WebSocket's message
// may be, however few of them offers of others may have.
Result<sdp::Description> read_own_answer(Limits& limits, std::string_view text,
                                         std::size_t media_sections);

}  // namespace strata::control

#pragma once

#include <cstddef>
#include <string_view>

#include "control/room/error.h"
#include "control/signalling/sdp/description.h"

namespace strata::control::sdp {

struct ParserLimits {
    std::size_t bytes = 65536;
    std::size_t lines = 4000;
    std::size_t line_bytes = 2048;
    std::size_t media_sections = 64;
};

// Reads an offer or an answer of a WebRTC endpoint. Lines are split by GStreamer's gstsdp, after
// a check of form and size, since it accepts nearly anything; what the lines say is read here.
// Refused as invalid_sdp: what isn't a description, exceeds the limits (object "limits.sdp_…") or
// contradicts itself. Attributes that aren't known are passed over.
Result<Description> parse(std::string_view text, const ParserLimits& limits);

}  // namespace strata::control::sdp

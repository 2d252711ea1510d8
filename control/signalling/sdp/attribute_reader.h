#pragma once

#include <string_view>

#include "control/room/error.h"
#include "control/signalling/sdp/description.h"

// One attribute line ("a=KEY:VALUE") at a time, into the description.
namespace strata::control::sdp {

// Of the session part. Unknown ones change nothing.
Result<void> read_session_attribute(std::string_view key, std::string_view value,
                                    Description& description);
// Of a media section, whose formats are listed already (by payload type alone).
Result<void> read_media_attribute(std::string_view key, std::string_view value, Media& media);

}  // namespace strata::control::sdp

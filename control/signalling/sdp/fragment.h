#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "control/room/error.h"

namespace strata::control::sdp {

// The body of a PATCH, application/trickle-ice-sdpfrag (RFC 8840), as far as a lite agent cares:
// whose candidates they are. The candidates themselves aren't used, since the relay never sends a
// check.
struct Fragment {
    std::string ice_ufrag, ice_pwd;
    std::size_t candidates = 0;
};

// Refused as invalid_sdp: no credentials, two different ones, or what isn't lines of SDP.
Result<Fragment> parse_fragment(std::string_view text);

}  // namespace strata::control::sdp

#pragma once

#include <string>

#include "control/signalling/sdp/description.h"

namespace strata::control::sdp {

// The description as text, offer or answer, lines ended by CRLF. Rejected media sections (port 0)
// keep only what says which they are.
std::string write(const Description& description);

// The body of a WHIP answer to an ICE restart (RFC 8840): credentials and candidates of the bundle.
std::string write_fragment(const Description& description);

}  // namespace strata::control::sdp

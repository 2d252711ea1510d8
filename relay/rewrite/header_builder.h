#pragma once

#include <optional>

#include "relay/rewrite/bare_header.h"
#include "relay/rewrite/header_profile.h"
#include "relay/rewrite/header_request.h"
#include "relay/rewrite/header_template.h"

namespace strata::relay {

// Makes the header of one packet for the legs with `profile`:
//  - fixed header and CSRCs, P cleared, M set where asked and never cleared (C5), the leg's payload
//    type; RED unwrapped or kept as the leg wants it (B7);
//  - end-to-end extensions under the leg's ids, all others stripped (C37), in the one-byte form, or
//    the two-byte form where one needs it (C12). A leg that takes no mixed forms gets one form for
//    good: two-byte if it takes the dependency descriptor or has an id above 14, else one-byte, and
//    what that can't hold is left out;
//  - places for what is stamped per receiver on this hop (stamp_header);
//  - the dependency descriptor with `descriptor_mask`, patch places noted;
//  - VP8 and VP9 payload descriptors up to the last patched byte; the rest of them is payload.
// Nullopt: it doesn't fit HeaderTemplate::kMaxSize (absurd CSRC and extension sizes): drop the
// packet.
std::optional<PayloadRange> build_header(const HeaderRequest& request, const HeaderProfile& profile,
                                         HeaderTemplate& out);

}  // namespace strata::relay

#pragma once

#include <cstdint>

#include "relay/rewrite/header_profile.h"
#include "relay/rewrite/header_template.h"
#include "relay/rtp/types.h"

namespace strata::relay {

// Padding bytes of an empty packet, its whole payload: RFC 3550 section 5.1, the last one counts
// them.
constexpr std::uint8_t kEmptyPadding = 4;

// An empty packet that closes the hole `sequence` (C17), answers a NACK for a skipped number (C20),
// or pads: fixed header, P=1, M=0, the leg's media payload type, of extensions only what is stamped
// on this hop (C29), padding only.
// `timestamp` is that of the packet it stands for, or of the last one forwarded before it, in the
// encoding's clock: receivers ignore it, but it should not be far off. out.size includes the
// padding.
void build_empty_packet(const HeaderProfile& profile, std::uint16_t sequence,
                        RtpTimestamp timestamp, HeaderTemplate& out);

}  // namespace strata::relay

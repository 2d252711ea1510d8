#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "relay/codec/packet_info.h"
#include "relay/rewrite/dependency_descriptor_rewriter.h"
#include "relay/rewrite/header_profile.h"
#include "relay/rewrite/header_template.h"

namespace strata::relay {

// What a layer group says about one packet, the same for all header profiles of the group.
struct HeaderRequest {
    std::span<const std::uint8_t> packet;  // that `info` was parsed from
    const PacketInfo& info;
    std::uint16_t sequence = 0;    // SequenceMap's number for it
    bool end_of_picture = false;   // last packet of the highest forwarded layer: sets M (C5)
    std::int64_t picture_id = -1;  // PictureIdMap's number, -1: as it came
    // Where to say which decode targets are left (C11); null: the descriptor stays as it came.
    const DescriptorMask* descriptor_mask = nullptr;
};

// Which bytes of the input packet follow the header, counted from the RTP header's first byte.
struct PayloadRange {
    std::uint16_t offset = 0;
    std::uint16_t size = 0;  // padding is stripped, and the P bit with it (C50)
};

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

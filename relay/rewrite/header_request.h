#pragma once

#include <cstdint>
#include <span>

#include "relay/codec/packet_info.h"
#include "relay/rewrite/dependency_descriptor_rewriter.h"

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

}  // namespace strata::relay

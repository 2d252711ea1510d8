#pragma once

#include <array>
#include <cstdint>

#include "relay/codec/decode_target.h"
#include "relay/rtp/types.h"

namespace strata::relay {

// What kind of prediction between spatial layers this *frame* shows (C3: read per frame, never from
// signalling).
enum class SpatialMode : std::uint8_t {
    unknown,
    full,   // inter-layer prediction in every picture
    key,    // only in key pictures (k-SVC)
    none,   // S-modes: spatial layers are independent
};

// One layer frame, whatever the codec: what every rule in relay/svc looks at. Made by FrameTracker
// from the packets of one encoding.
struct FrameInfo {
    // Identity within the encoding, extended, increasing in decode order: the descriptor's
    // frame_number, or picture id and spatial id together; without either, a count of frames seen.
    std::int64_t id = -1;
    // All layer frames of one instant share it (RTP timestamp, extended).
    std::int64_t picture = -1;
    std::int64_t first_sequence = -1;  // lowest extended sequence number seen of it
    std::int64_t last_sequence = -1;   // highest; final once ended
    bool begun = false;                // its first packet was seen
    bool ended = false;                // its last packet was seen
    SpatialId spatial_id = 0;
    TemporalId temporal_id = 0;
    bool key_picture = false;     // its picture starts a coded video sequence
    bool independent = false;     // no references at all
    bool switching_up = false;    // VP9 U, VP8 Y: see C1
    bool discardable = false;     // nothing refers to it (VP8 N, VP9 Z at the top layer, …)
    bool inter_layer_dependency = false;  // VP9 D
    bool not_for_inter_layer = false;     // VP9 Z
    SpatialMode mode = SpatialMode::unknown;

    bool references_known = false;
    std::uint8_t reference_count = 0;
    std::array<std::int64_t, kMaxReferences> references{};  // frame ids

    // From the dependency descriptor; has_descriptor says whether these hold.
    bool has_descriptor = false;
    std::uint8_t decode_target_count = 0;
    std::uint8_t chain_count = 0;
    std::uint32_t active_decode_targets = ~0u;  // bit dt
    std::array<Dti, kMaxDecodeTargets> dti{};
    std::array<std::uint8_t, kMaxChains> chain_diff{};  // 0: this frame starts the chain anew
};

}  // namespace strata::relay

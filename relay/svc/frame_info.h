#pragma once

#include <array>
#include <cstdint>

#include "relay/codec/decode_target.h"
#include "relay/rtp/types.h"
#include "relay/svc/layer_id.h"

namespace strata::relay {

// What kind of prediction between spatial layers this *frame* shows (C3: read per frame, never from
// signalling).
enum class SpatialMode : std::uint8_t {
    unknown,
    full,  // inter-layer prediction in every picture
    key,   // only in key pictures (k-SVC)
    none,  // S-modes: spatial layers are independent
};

// Which decode target of a structure each (spatial, temporal) pair means: the highest one that
// isn't above the pair. Made once per structure.
struct TargetMap {
    std::array<std::int8_t, kLayerPairs> target{};       // [layer_index], -1: none
    std::array<SpatialId, kLayerPairs> spatial{};        // of that target
    std::array<std::uint32_t, kLayerPairs> contained{};  // decode targets that a group of the pair
                                                         // forwards whole (C11)
    std::array<std::uint8_t, kLayerPairs> chain{};       // that protects the target
};

// What is said of a layer frame, whatever the codec, but for its lists. One cache line.
struct FrameFacts {
    // Identity within the encoding, extended, increasing in decode order: the descriptor's
    // frame_number, or picture id and spatial id together; without either, its first packet's
    // number.
    std::int64_t id = -1;
    // All layer frames of one instant share it (RTP timestamp, extended).
    std::int64_t picture = -1;
    bool begun = false;  // its first packet was the first one seen
    // The packet before it was seen and is of another picture: no lower layer of its picture is
    // late.
    bool leads_picture = false;
    SpatialId spatial_id = 0;
    TemporalId temporal_id = 0;
    bool key_picture = false;     // its picture starts a coded video sequence
    bool independent = false;     // no references at all
    bool inter_predicted = true;  // refers to earlier pictures (VP9 P)
    bool switching_up = false;  // VP9 U: later pictures above this temporal layer refer to nothing
                                // above it that came before (C1)
    // Points from which higher temporal layers may be taken come by themselves; else only a key
    // frame is one.
    bool temporal_points = true;
    // All layers of a picture are one access unit, with one timestamp and one marker: nobody moves
    // between them.
    bool one_access_unit = false;
    bool layer_sync = false;   // VP8 Y: refers to the last frame of temporal layer 0 only (C1)
    bool discardable = false;  // nothing refers to it (VP8 N)
    bool not_for_inter_layer = false;  // VP9 Z
    // Nothing can be known of this track's frames (C48): any frame may start a receiver.
    bool opaque = false;
    SpatialMode mode = SpatialMode::unknown;
    SpatialId top_spatial = kMaxSpatialLayers - 1;     // highest layer of the structure in force
    TemporalId top_temporal = kMaxTemporalLayers - 1;  // highest seen so far

    bool references_known = false;
    std::uint8_t reference_count = 0;

    // From the dependency descriptor; `targets` null: these don't hold.
    std::uint8_t chain_count = 0;
    std::uint32_t active_decode_targets = ~0u;  // bit dt
    const TargetMap* targets = nullptr;
};
static_assert(sizeof(FrameFacts) <= 64);

// What frames begin as: cheaper to copy than to make.
inline constinit const FrameFacts kNoFrame{};

// One layer frame: what every rule in relay/svc looks at. Made by FrameTracker from the packets of
// one encoding.
struct FrameInfo : FrameFacts {
    std::array<std::int64_t, kMaxReferences> references{};  // the first reference_count: frame ids
    std::array<Dti, kMaxDecodeTargets> dti{};               // with `targets`
    // The first chain_count. 0: this frame starts the chain anew.
    std::array<std::uint8_t, kMaxChains> chain_diff{};

    // Another frame, of which nothing is known; lists are made with what says how long they are.
    void begin() { static_cast<FrameFacts&>(*this) = kNoFrame; }
};

// What is remembered of a frame for as long as packets of it, or references to it, may come.
struct FrameRecord {
    std::int64_t id = -1;
    std::int64_t picture = -1;
    std::uint32_t serial = 0;  // counts frames in order of their first packet's arrival
    LayerMask wanted = 0;      // groups that forward it
    LayerMask needed = 0;      // groups in which later frames may refer to it
    LayerMask switching = 0;   // groups all whose later frames are decodable if this one is
    LayerMask top = 0;         // groups in which it is the highest layer of its picture
    std::uint32_t active_decode_targets = ~0u;
    SpatialId spatial_id = 0;
    TemporalId temporal_id = 0;
    bool key_picture = false;
    bool ended = false;  // its last packet was seen
};

}  // namespace strata::relay

#include "relay/svc/predicate.h"

#include <algorithm>

namespace strata::relay {
namespace {

LayerSets from_descriptor(const FrameInfo& frame) {
    LayerSets sets;
    for (std::size_t i = 0; i < kLayerPairs; ++i) {
        const int target = frame.targets->target[i];
        if (target < 0) continue;
        const Dti dti = frame.dti[static_cast<std::size_t>(target)];
        if (dti == Dti::not_present) continue;
        const auto bit = static_cast<LayerMask>(1u << i);
        sets.wanted |= bit;
        if (dti != Dti::discardable) sets.needed |= bit;
        if (dti == Dti::switch_point) sets.switching |= bit;
        if (frame.targets->spatial[i] == frame.spatial_id) sets.top |= bit;
    }
    return sets;
}

// Whether a group whose highest layer is `top` takes the frame, by VP9's and H.264's layer ids.
bool takes_spatial(const FrameInfo& frame, SpatialId top) {
    if (frame.spatial_id == top) return true;
    if (frame.spatial_id > top || frame.not_for_inter_layer) return false;
    if (frame.mode == SpatialMode::none) return false;           // C15a
    return frame.mode != SpatialMode::key || frame.key_picture;  // C3
}

// C1, C2: what the frame vouches for in a group of (top, temporal) that takes it.
bool switches(const FrameInfo& frame, SpatialId top, TemporalId temporal) {
    if (frame.opaque) return true;
    if (frame.key_picture && !frame.inter_predicted) return true;
    if (frame.spatial_id != top) return false;
    if (!frame.inter_predicted || frame.independent) return true;
    if (frame.switching_up) return true;
    // VP8's Y says what this frame refers to, nothing of the levels above it.
    return frame.layer_sync &&
           (temporal == frame.temporal_id || frame.temporal_id >= frame.top_temporal);
}

LayerSets from_layer_ids(const FrameInfo& frame) {
    LayerSets sets;
    for (SpatialId s = 0; s < kMaxSpatialLayers; ++s) {
        const SpatialId top = std::min(s, frame.top_spatial);
        if (!takes_spatial(frame, top)) continue;
        for (TemporalId t = frame.temporal_id; t < kMaxTemporalLayers; ++t) {
            const LayerMask bit = layer_bit(s, t);
            sets.wanted |= bit;
            if (!frame.discardable) sets.needed |= bit;
            if (switches(frame, top, t)) sets.switching |= bit;
            if (frame.spatial_id == top) sets.top |= bit;
        }
    }
    return sets;
}

}  // namespace

LayerSets layer_sets(const FrameInfo& frame) {
    return frame.targets != nullptr ? from_descriptor(frame) : from_layer_ids(frame);
}

SpatialId effective_spatial(const FrameInfo& frame, SpatialId spatial, TemporalId temporal) {
    if (frame.targets != nullptr && frame.targets->target[layer_index(spatial, temporal)] >= 0)
        return frame.targets->spatial[layer_index(spatial, temporal)];
    return std::min(spatial, frame.top_spatial);
}

}  // namespace strata::relay

#include "relay/svc/switch_rules.h"

#include <algorithm>

namespace strata::relay {
namespace {

// C8. Chains that protect no active target are ignored, and so is the target.
bool chain_intact(const Cohort& cohort, LayerId layer, const FrameInfo& frame) {
    if (frame.targets == nullptr) return true;
    const std::size_t i = layer_index(layer.spatial, layer.temporal);
    const int target = frame.targets->target[i];
    if (target < 0 || (frame.active_decode_targets >> target & 1) == 0) return false;
    const std::uint8_t chain = frame.targets->chain[i];
    return chain >= frame.chain_count || (cohort.broken_chains >> chain & 1) == 0;
}

// What layer ids can't vouch for (C1): U speaks of levels above the frame's own, Y of the frame
// itself; the levels below must be whole already. A descriptor's indication covers everything.
bool levels_below_whole(const Cohort& cohort, LayerId layer, const FrameInfo& frame,
                        const FrameRecord& record) {
    if (frame.targets != nullptr || !frame.inter_predicted || frame.opaque) return true;
    const bool taken_anyway = (record.wanted & cohort.current.bit()) != 0;
    if (!taken_anyway && !frame.references_known && !frame.layer_sync) return false;
    if (frame.layer_sync && frame.temporal_id == 0) return false;
    const auto level = static_cast<TemporalId>(frame.temporal_id - (frame.layer_sync ? 1 : 0));
    return level < kMaxTemporalLayers && (cohort.ready & layer_bit(layer.spatial, level)) != 0;
}

}  // namespace

bool may_start(const FrameInfo& frame, const FrameRecord& record, LayerId layer) {
    if (!frame.begun || (record.wanted & layer.bit()) == 0) return false;
    return frame.opaque || (frame.independent && (record.switching & layer.bit()) != 0);
}

bool may_switch(const Cohort& cohort, LayerId layer, const SwitchPoint& point) {
    const FrameInfo& frame = point.frame;
    const bool takes = (point.record.wanted & layer.bit()) != 0;
    if (!frame.begun || (takes && !cohort.references_given(frame, point.ring))) return false;
    const bool restart = frame.key_picture && frame.independent && frame.targets != nullptr;
    if (restart && !point.within_picture) return true;
    // A spatial layer that isn't being sent vouches for nothing and needs nothing (C4).
    LayerId judged = layer;
    if (layer.spatial <= cohort.current.spatial)
        judged.spatial = std::min(layer.spatial, point.sent);
    if (!point.within_picture && (cohort.ready & judged.bit()) != 0 &&
        chain_intact(cohort, judged, frame))
        return true;
    if (!takes || (point.record.switching & judged.bit()) == 0) return false;
    if (point.within_picture && frame.targets == nullptr && frame.inter_predicted) return false;
    return levels_below_whole(cohort, judged, frame, point.record);
}

}  // namespace strata::relay

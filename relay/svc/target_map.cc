#include "relay/svc/target_map.h"

namespace strata::relay {
namespace {

constexpr std::uint8_t kNoChain = 0xff;

// Highest target not above (spatial, temporal): the spatial layer counts first. -1: none.
int highest_target(const DependencyStructure& structure, SpatialId spatial, TemporalId temporal) {
    for (int s = spatial; s >= 0; --s)
        for (int t = temporal; t >= 0; --t) {
            const int target = find_decode_target(structure, static_cast<SpatialId>(s),
                                                  static_cast<TemporalId>(t));
            if (target >= 0) return target;
        }
    return -1;
}

// Targets all whose frames are also frames of `target`.
std::uint32_t contained_targets(const DependencyStructure& structure, std::size_t target) {
    std::uint32_t contained = 0;
    for (std::size_t other = 0; other < structure.decode_target_count; ++other) {
        bool whole = true;
        for (std::size_t i = 0; i < structure.template_count && whole; ++i) {
            const auto& dtis = structure.templates[i].dtis;
            whole = dtis[other] == Dti::not_present || dtis[target] != Dti::not_present;
        }
        if (whole) contained |= 1u << other;
    }
    return contained;
}

}  // namespace

TargetMap make_target_map(const DependencyStructure& structure) {
    TargetMap map;
    for (SpatialId s = 0; s < kMaxSpatialLayers; ++s)
        for (TemporalId t = 0; t < kMaxTemporalLayers; ++t) {
            const std::size_t i = layer_index(s, t);
            const int target = highest_target(structure, s, t);
            map.target[i] = static_cast<std::int8_t>(target);
            map.chain[i] = kNoChain;
            if (target < 0) continue;
            const auto index = static_cast<std::size_t>(target);
            map.spatial[i] = structure.target_spatial_id[index];
            map.contained[i] = contained_targets(structure, index);
            if (structure.chain_count != 0) map.chain[i] = structure.protected_by[index];
        }
    return map;
}

SpatialMode spatial_mode(const DependencyStructure& structure) {
    const int target = highest_target(structure, kMaxSpatialLayers - 1, kMaxDescriptorTemporalId);
    if (structure.max_spatial_id == 0 || target < 0) return SpatialMode::full;
    const auto index = static_cast<std::size_t>(target);
    std::size_t lower = 0, taken = 0;
    for (std::size_t i = 0; i < structure.template_count; ++i) {
        const FrameDependencies& frame = structure.templates[i];
        if (frame.spatial_id >= structure.target_spatial_id[index]) continue;
        ++lower;
        taken += frame.dtis[index] != Dti::not_present ? 1 : 0;
    }
    if (taken == 0) return SpatialMode::none;
    return taken == lower ? SpatialMode::full : SpatialMode::key;
}

}  // namespace strata::relay

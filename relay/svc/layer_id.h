#pragma once

#include <cstdint>

#include "relay/rtp/types.h"
#include "relay/svc/layers.h"

namespace strata::relay {

// A set of (spatial, temporal) pairs of one encoding: bit spatial * kMaxTemporalLayers + temporal.
using LayerMask = std::uint16_t;
constexpr std::size_t kLayerPairs = kMaxSpatialLayers * kMaxTemporalLayers;
constexpr LayerMask kAllLayers = 0xffff;
static_assert(kLayerPairs == 16);

constexpr std::size_t layer_index(SpatialId spatial, TemporalId temporal) {
    return spatial * kMaxTemporalLayers + temporal;
}
constexpr LayerMask layer_bit(SpatialId spatial, TemporalId temporal) {
    return static_cast<LayerMask>(1u << layer_index(spatial, temporal));
}

// What a layer group wants: up to (spatial, temporal) of one encoding, for the group's whole life.
struct LayerId {
    std::uint8_t encoding = 0xff;  // 0xff: nothing is forwarded
    SpatialId spatial = 0;
    TemporalId temporal = 0;

    constexpr bool none() const { return encoding == 0xff; }
    constexpr LayerMask bit() const { return layer_bit(spatial, temporal); }
    friend constexpr bool operator==(LayerId, LayerId) = default;
};

constexpr LayerId kNoLayer{};

}  // namespace strata::relay

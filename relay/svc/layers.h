#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "relay/rtp/types.h"

namespace strata::relay {

constexpr std::size_t kMaxEncodings = 4;      // simulcast rids of one track
constexpr std::size_t kMaxSpatialLayers = 4;  // AV1 and VP9 modes in use have up to 3
constexpr std::size_t kMaxTemporalLayers = 4;

// What a subscription asks for: the highest layers of one encoding. Encodings count from the
// smallest picture up, in the order in which the track names them (rids q, h, f: 0, 1, 2).
struct LayerTarget {
    std::uint8_t encoding = 0;
    SpatialId spatial = kMaxSpatialLayers - 1;
    TemporalId temporal = kMaxTemporalLayers - 1;
    bool paused = false;  // nothing is wanted (C49)
    friend bool operator==(const LayerTarget&, const LayerTarget&) = default;
};

// "S2T1", "S2", "T1" (spatial left at the maximum), "max", "none". The rid prefix of a simulcast
// target ("q:T2") is resolved by the caller. Nullopt: not a target.
std::optional<LayerTarget> parse_layer_target(std::string_view text);

}  // namespace strata::relay

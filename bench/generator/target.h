#pragma once

#include <optional>
#include <string_view>

#include "bench/generator/track_description.h"
#include "relay/svc/layers.h"

namespace strata::gen {

// "S1T2", "S1", "T1", "max", "none", with "rid:" in front on a track with several encodings;
// without one the largest encoding is meant. Layers that aren't named are unlimited. Nullopt: not a
// target of this track.
std::optional<relay::LayerTarget> parse_target(std::string_view text,
                                               const TrackDescription& track);

}  // namespace strata::gen

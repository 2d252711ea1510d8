#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/room/records.h"

// The sizes of picture that a track has, and which of them a size on the screen needs.
namespace strata::control {

struct LayerStep {
    relay::LayerTarget target;
    std::uint32_t height_px = 0;
};

constexpr std::uint32_t kDefaultHeightPx = 720;  // of the largest picture where nobody said it

// Smallest picture first, each with all that its publisher says it has in time; by rid, or by
// spatial layer. Empty: unknown.
std::vector<LayerStep> layer_steps(const Track& track);
// The same as texts for `view`.
std::vector<std::string> layer_texts(const Track& track);

// The smallest step that isn't smaller than `height_px`, else the largest. Everything where the
// steps aren't known.
relay::LayerTarget layers_for(const Track& track, std::uint32_t height_px);

// What is left of `target` where the track has less: "S2T2", "h:T2"; "none" where it is paused.
std::string available_layers_text(const Track& track, const relay::LayerTarget& target);

// What the data plane says that it gives of the track, in the same words: of encodings that are
// pictures of one layer it always says the lowest.
std::string given_layers_text(const Track& track, relay::LayerTarget given);

}  // namespace strata::control

#include "control/room/track_layers.h"

#include <algorithm>
#include <string_view>

#include "control/room/layers_text.h"

namespace strata::control {
namespace {

struct Scalability {
    std::uint8_t spatial = 0, temporal = 0;  // how many layers; 0: unknown
};

// "L3T3_KEY", "S2T1h" (W3C webrtc-svc section 6).
Scalability scalability_of(std::string_view mode) {
    const auto digit = [&](std::size_t at, char most) {
        return mode[at] >= '1' && mode[at] <= most;
    };
    if (mode.size() < 4 || (mode[0] != 'L' && mode[0] != 'S') || mode[2] != 'T' || !digit(1, '4') ||
        !digit(3, '4'))
        return {};
    return {static_cast<std::uint8_t>(mode[1] - '0'), static_cast<std::uint8_t>(mode[3] - '0')};
}

}  // namespace

std::vector<LayerStep> layer_steps(const Track& track) {
    std::vector<LayerStep> steps;
    if (kind_of(track.source) == MediaKind::audio) return steps;
    const Scalability mode = scalability_of(track.scalability);
    const bool by_encoding = track.encodings.size() > 1;
    const std::size_t count = by_encoding ? track.encodings.size() : mode.spatial;
    for (std::size_t i = 0; i < count; ++i) {
        LayerStep step{.target = {}, .height_px = track.height_px};
        if (step.height_px == 0) step.height_px = kDefaultHeightPx;
        step.height_px >>= count - 1 - i;
        if (by_encoding)
            step.target.encoding = static_cast<std::uint8_t>(i);
        else
            step.target.spatial = static_cast<relay::SpatialId>(i);
        if (mode.temporal != 0)
            step.target.temporal = static_cast<relay::TemporalId>(mode.temporal - 1);
        steps.push_back(step);
    }
    return steps;
}

std::vector<std::string> layer_texts(const Track& track) {
    std::vector<std::string> texts;
    for (const LayerStep& step : layer_steps(track))
        texts.push_back(available_layers_text(track, step.target));
    return texts;
}

relay::LayerTarget layers_for(const Track& track, std::uint32_t height_px) {
    relay::LayerTarget all;
    all.encoding = static_cast<std::uint8_t>(track.encodings.size() - 1);
    const auto steps = layer_steps(track);
    const auto enough =
        std::ranges::find_if(steps, [&](const auto& step) { return step.height_px >= height_px; });
    return enough == steps.end() ? all : enough->target;
}

std::string available_layers_text(const Track& track, const relay::LayerTarget& target) {
    const Scalability mode = scalability_of(track.scalability);
    relay::LayerTarget less = target;
    if (mode.spatial != 0 && track.encodings.size() == 1)
        less.spatial = std::min<relay::SpatialId>(less.spatial, mode.spatial - 1);
    if (mode.temporal != 0)
        less.temporal = std::min<relay::TemporalId>(less.temporal, mode.temporal - 1);
    if (less.paused || mode.temporal == 0 || track.encodings.size() > 1) {
        std::string text = layers_text(less, track.encodings);
        // The largest encoding is named like the others.
        if (text == "max" && track.encodings.size() > 1 && !track.encodings.back().rid.empty())
            text = track.encodings.back().rid + ":max";
        return text;
    }
    return exact_layers_text(less, track.encodings);
}

std::string given_layers_text(const Track& track, relay::LayerTarget given) {
    if (given.paused) return "none";
    if (track.encodings.size() > 1 && scalability_of(track.scalability).spatial <= 1)
        given.spatial = relay::LayerTarget{}.spatial;
    return available_layers_text(track, given);
}

}  // namespace strata::control

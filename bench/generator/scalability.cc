#include "bench/generator/scalability.h"

#include <algorithm>

#include "bench/generator/layer_bit.h"

namespace strata::gen {
namespace {

constexpr std::array<std::uint8_t, 4> kThreeLayers{0, 2, 1, 2};
constexpr std::array<std::uint8_t, 2> kTwoLayers{0, 1};

std::uint8_t temporal_at(std::uint8_t layers, std::uint8_t position) {
    if (layers == 3) return kThreeLayers[position % kThreeLayers.size()];
    if (layers == 2) return kTwoLayers[position % kTwoLayers.size()];
    return 0;
}

}  // namespace

std::optional<ScalabilityMode> parse_scalability_mode(std::string_view text) {
    ScalabilityMode mode;
    if (text.ends_with("_KEY")) {
        mode.prediction = LayerPrediction::key;
        text.remove_suffix(4);
    }
    if (text.size() != 4 || text[2] != 'T') return std::nullopt;
    if (text[0] == 'S' && mode.prediction == LayerPrediction::full)
        mode.prediction = LayerPrediction::none;
    else if (text[0] != 'L')
        return std::nullopt;
    if (text[1] < '1' || text[1] > '3' || text[3] < '1' || text[3] > '3') return std::nullopt;
    mode.spatial_layers = static_cast<std::uint8_t>(text[1] - '0');
    mode.temporal_layers = static_cast<std::uint8_t>(text[3] - '0');
    return mode;
}

std::vector<LayerFrame> FrameSequence::next_picture(bool key, std::int64_t& next_number) {
    ++picture_;
    if (key) {
        position_ = 0;
        chain_.fill(-1);
        latest_ = {};
    }
    const std::uint8_t temporal = temporal_at(mode_.temporal_layers, position_++);
    std::vector<LayerFrame> frames;
    for (std::uint8_t s = 0; s < mode_.spatial_layers; ++s) {
        frames.push_back(make_frame(s, temporal, key, next_number++));
        remember(frames.back());
    }
    return frames;
}

LayerFrame FrameSequence::make_frame(std::uint8_t spatial, std::uint8_t temporal, bool key,
                                     std::int64_t number) const {
    LayerFrame frame;
    frame.spatial_id = spatial;
    frame.temporal_id = temporal;
    frame.key_picture = key;
    frame.number = number;
    if (!key) {
        // The latest picture of a lower temporal layer; a base layer picture follows its own kind.
        Reference reference = latest_[spatial][0];
        frame.from_base = temporal > 0;
        for (std::uint8_t t = 1; t < temporal; ++t) {
            if (latest_[spatial][t].number <= reference.number) continue;
            reference = latest_[spatial][t];
            frame.from_base = false;
        }
        frame.fdiffs.push_back(static_cast<std::uint16_t>(number - reference.number));
        frame.picture_diffs.push_back(static_cast<std::uint16_t>(picture_ - reference.picture));
    }
    const bool predicts = mode_.prediction == LayerPrediction::full ||
                          (mode_.prediction == LayerPrediction::key && key);
    frame.inter_layer = predicts && spatial > 0;
    frame.used_by_next_layer = predicts && spatial + 1 < mode_.spatial_layers;
    if (frame.inter_layer) frame.fdiffs.push_back(1);
    set_targets(frame);
    set_chains(frame);
    return frame;
}

// Indications as encoders write them: what isn't in a target is absent, what a target's own
// temporal layer doesn't build on is discardable, the target's spatial layer may be entered at a
// switch.
void FrameSequence::set_targets(LayerFrame& frame) const {
    using relay::Dti;
    const bool layers_alone = mode_.prediction == LayerPrediction::none ||
                              (mode_.prediction == LayerPrediction::key && !frame.key_picture);
    const auto indication = [&](std::uint8_t s, std::uint8_t t) {
        const bool absent = frame.temporal_id > t || frame.spatial_id > s ||
                            (layers_alone && frame.spatial_id != s);
        if (absent) return Dti::not_present;
        if (frame.key_picture) return Dti::switch_point;
        if (frame.spatial_id < s) return Dti::required;
        return frame.temporal_id == t && t > 0 ? Dti::discardable : Dti::switch_point;
    };
    for (std::uint8_t s = 0; s < mode_.spatial_layers; ++s)
        for (std::uint8_t t = 0; t < mode_.temporal_layers; ++t)
            frame.dtis.push_back(indication(s, t));
    for (std::size_t s = 0; s < kLayerLimit; ++s)
        for (std::size_t t = 0; t < kLayerLimit; ++t) {
            const std::size_t at =
                std::min<std::size_t>(s, mode_.spatial_layers - 1u) * mode_.temporal_layers +
                std::min<std::size_t>(t, mode_.temporal_layers - 1u);
            if (frame.dtis[at] != relay::Dti::not_present)
                frame.wanted = static_cast<std::uint16_t>(frame.wanted | layer_bit(s, t));
        }
}

void FrameSequence::set_chains(LayerFrame& frame) const {
    for (std::uint8_t c = 0; c < mode_.spatial_layers; ++c)
        frame.chain_diffs.push_back(
            chain_[c] < 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(frame.number - chain_[c]));
}

bool FrameSequence::in_chain(const LayerFrame& frame, std::uint8_t chain) const {
    if (frame.temporal_id != 0) return false;
    const bool below = mode_.prediction == LayerPrediction::full ||
                       (mode_.prediction == LayerPrediction::key && frame.key_picture);
    return frame.spatial_id == chain || (below && frame.spatial_id < chain);
}

void FrameSequence::remember(const LayerFrame& frame) {
    latest_[frame.spatial_id][frame.temporal_id] = {frame.number, picture_};
    for (std::uint8_t c = 0; c < mode_.spatial_layers; ++c)
        if (in_chain(frame, c)) chain_[c] = frame.number;
}

}  // namespace strata::gen

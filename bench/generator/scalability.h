#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "relay/codec/decode_target.h"

namespace strata::gen {

// How spatial layers predict from one another, W3C scalability modes: LxTy, LxTy_KEY, SxTy.
enum class LayerPrediction : std::uint8_t { full, key, none };

struct ScalabilityMode {
    std::uint8_t spatial_layers = 1, temporal_layers = 1;  // 1..3
    LayerPrediction prediction = LayerPrediction::full;
};
// Nullopt: not a mode.
std::optional<ScalabilityMode> parse_scalability_mode(std::string_view text);

// One layer frame and its dependencies, in the terms of the dependency descriptor.
struct LayerFrame {
    std::uint8_t spatial_id = 0, temporal_id = 0;
    bool key_picture = false;
    bool inter_layer = false;  // refers to the layer below in the same picture
    bool used_by_next_layer = false;
    bool from_base = false;   // refers to temporal layer 0 alone: VP8's Y
    std::int64_t number = 0;  // frame_number, extended
    std::vector<std::uint16_t> fdiffs;
    std::vector<std::uint16_t> picture_diffs;  // of fdiffs that leave the picture, in pictures
    std::vector<relay::Dti> dtis;              // [spatial * temporal_layers + temporal]
    std::vector<std::uint8_t> chain_diffs;     // [spatial]
    std::uint16_t wanted = 0;                  // FrameFacts::wanted
};

// The frames of one encoding, picture by picture. Temporal pattern 0 2 1 2 (three layers), 0 1
// (two). Each picture refers to the latest one of a lower temporal layer, so every one is a point
// to switch up.
class FrameSequence {
  public:
    explicit FrameSequence(const ScalabilityMode& mode) : mode_(mode) {}

    // Frames of the next picture, lowest layer first. `next_number` counts on; encodings of one
    // track share it (B3).
    std::vector<LayerFrame> next_picture(bool key, std::int64_t& next_number);
    const ScalabilityMode& mode() const { return mode_; }

  private:
    struct Reference {
        std::int64_t number = -1, picture = -1;
    };

    LayerFrame make_frame(std::uint8_t spatial, std::uint8_t temporal, bool key,
                          std::int64_t number) const;
    void set_targets(LayerFrame& frame) const;
    void set_chains(LayerFrame& frame) const;
    void remember(const LayerFrame& frame);
    bool in_chain(const LayerFrame& frame, std::uint8_t chain) const;

    ScalabilityMode mode_;
    std::int64_t picture_ = -1;
    std::uint8_t position_ = 0;                         // in the temporal pattern
    std::array<std::array<Reference, 3>, 3> latest_{};  // [spatial][temporal]
    std::array<std::int64_t, 3> chain_{-1, -1, -1};     // its latest frame number
};

}  // namespace strata::gen

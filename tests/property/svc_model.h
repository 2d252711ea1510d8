#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "relay/codec/decode_target.h"

namespace strata::relay {

enum class InterLayer : std::uint8_t { full, key_pictures, none };

// How an encoder predicts: LxTy, LxTy_KEY, SxTy with hierarchical temporal layers.
struct SvcShape {
    int spatial_layers = 1;   // 1..3
    int temporal_layers = 1;  // 1..3
    InterLayer inter_layer = InterLayer::full;
    int frames_per_picture = 0;  // by which frame_number grows in a picture: those of all rids (B3)
};

// What the dependency descriptor says of one frame, by definition, not by table: indications and
// chains are found by looking at all that is predicted from what.
struct FrameDefinition {
    int spatial_id = 0, temporal_id = 0;
    std::vector<int> fdiffs;
    std::vector<Dti> dtis;         // [decode target]
    std::vector<int> chain_diffs;  // [chain], one per spatial layer
    friend bool operator==(const FrameDefinition&, const FrameDefinition&) = default;
};

class SvcModel {
  public:
    explicit SvcModel(const SvcShape& shape);

    const SvcShape& shape() const { return shape_; }
    int period() const { return 1 << (shape_.temporal_layers - 1); }  // pictures
    int decode_targets() const { return shape_.spatial_layers * shape_.temporal_layers; }
    // The frame of layer `spatial` in the `k`-th picture since the key picture (k = 0).
    const FrameDefinition& frame(int k, int spatial) const;
    int temporal_id(int k) const;
    // Pictures back that the temporal reference of picture k lies, 0 in a key picture.
    int reference_distance(int k) const;
    bool predicts_inter_layer(int k, int spatial) const;

    // All different definitions in the order of their layers: the structure's templates.
    const std::vector<FrameDefinition>& templates() const { return templates_; }
    // dependency descriptor, AV1 RTP payload specification, appendix A
    struct Descriptor {
        bool start = true, end = true;
        int template_id_offset = 0;
        std::uint16_t frame_number = 0;
        bool attach_structure = false;
        bool with_mask = false;
        std::uint32_t mask = 0;
        bool custom = false;  // says all again instead of naming a template that fits
    };
    std::vector<std::uint8_t> write(const FrameDefinition& frame, const Descriptor& what) const;

  private:
    struct Place {
        int k, spatial;
    };
    bool in_target(Place frame, int spatial, int temporal) const;
    bool in_chain(Place frame, int chain) const;
    std::vector<Place> references(Place frame) const;
    Dti indication(Place frame, int spatial, int temporal) const;
    FrameDefinition define(Place frame) const;
    int number(Place frame) const { return frame.k * shape_.frames_per_picture + frame.spatial; }

    SvcShape shape_;
    std::vector<std::vector<FrameDefinition>> definitions_;  // [k = 0..period][spatial]
    std::vector<FrameDefinition> templates_;
};

}  // namespace strata::relay

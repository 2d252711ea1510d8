#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "bench/generator/scalability.h"

namespace strata::gen {

// Writes dependency descriptors (AV1 RTP payload specification, appendix A) for the frames of one
// encoding: three bytes where a template fits exactly, custom parts where none does, as in the
// first pictures behind a key frame.
class DescriptorWriter {
  public:
    // `stride`: encodings that share the frame numbers. `resolutions`: width and height per spatial
    // layer.
    DescriptorWriter(const ScalabilityMode& mode, std::int64_t stride,
                     std::vector<std::pair<std::uint16_t, std::uint16_t>> resolutions);

    // `structure`: attach the template structure; first packet of a key frame without
    // references only (C9): the base layer's, in S-modes each layer's.
    std::vector<std::uint8_t> write(const LayerFrame& frame, bool first_packet, bool last_packet,
                                    bool structure) const;
    std::size_t template_count() const { return templates_.size(); }

  private:
    class Bits;
    std::size_t best_template(const LayerFrame& frame) const;
    void write_structure(Bits& bits) const;

    ScalabilityMode mode_;
    std::vector<std::pair<std::uint16_t, std::uint16_t>> resolutions_;
    std::vector<LayerFrame> templates_;  // by (spatial, temporal)
};

}  // namespace strata::gen

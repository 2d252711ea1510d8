#pragma once

#include <cstdint>
#include <vector>

#include "bench/generator/scalability.h"

namespace strata::gen {

// One packet of a layer frame of H.264 SVC.
struct SvcSlice {
    const LayerFrame& frame;
    std::size_t packet = 0;  // of the frame, from 0
    bool last = false;       // of the frame
    std::size_t body_bytes = 0;
};

// RTP payloads of H.264 SVC (RFC 6190, single session). With PACSI each packet is a slice of its
// own in a STAP-A that says where a layer's part of the picture begins and ends. Without it a layer
// frame is one slice, in fragments (FU-A) where it is longer than a packet.
class H264SvcWriter {
  public:
    H264SvcWriter(const ScalabilityMode& mode, bool pacsi) : mode_(mode), pacsi_(pacsi) {}

    // Bytes in front of the slice's body.
    std::vector<std::uint8_t> header(const SvcSlice& slice) const;
    // A packet of its own in front of a frame of `packets`; empty: none. Parameter sets and the
    // scalability information in front of a key picture; the base layer's prefix NAL unit, which
    // can't be in a fragment.
    std::vector<std::uint8_t> leading(const LayerFrame& frame, std::size_t packets) const;

  private:
    using Bytes = std::vector<std::uint8_t>;
    bool disposable(const LayerFrame& frame) const;
    // A NAL unit's header, with the extension for types 14, 20 and 30.
    Bytes nal_header(std::uint8_t type, const LayerFrame& frame) const;
    Bytes prefix(const LayerFrame& frame) const;
    Bytes pacsi(const SvcSlice& slice) const;
    Bytes scalability_information() const;
    void fragment(const SvcSlice& slice, const Bytes& nal, Bytes& out) const;

    ScalabilityMode mode_;
    bool pacsi_;
};

}  // namespace strata::gen

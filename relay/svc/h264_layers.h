#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "relay/codec/packet_info.h"
#include "relay/rtp/types.h"

namespace strata::relay {

// Numbers the layers of an H.264 SVC stream as spatial layers, RFC 6190: dependency id and quality
// id together, in the order in which they are decoded, so that each number needs only those below
// it. Without quality layers it is the dependency id. And remembers what the stream says of its
// temporal layers.
class H264Layers {
  public:
    // Of packet `n`. The middle of a fragmented NAL unit doesn't tell its layer: it is that of the
    // packet before. Nullopt: that one is missing. `key_picture`: quality layers not seen before
    // count from here on.
    std::optional<SpatialId> spatial_of(std::int64_t n, const H264Info& h264, bool key_picture);

    // Whether the packet is the last one of its layer's part of the picture (C5), which only PACSI
    // says. Without it: the end of its only slice, for as long as the stream has one slice to a
    // layer and picture.
    bool ends_layer(const H264Info& h264);

    void read_scalability(const H264Info& h264);
    // Whether any picture lets higher temporal layers be taken from the next one on: temporal
    // layers are nested (H.264 section G.13.2.1).
    bool nested() const { return nested_; }
    // Whether layers are told at all: by prefix NAL units, SVC NAL units or PACSI.
    bool told() const { return told_; }

  private:
    static constexpr std::size_t kDependencyIds = 8;  // DID has 3 bits
    static constexpr std::size_t kFragments = 16;     // packets whose successors may come late
    struct Fragment {
        std::int64_t n = -1;
        SpatialId spatial = 0;
    };

    SpatialId number(std::size_t dependency, std::size_t quality) const;
    SpatialId remember(std::int64_t n, SpatialId spatial);

    std::array<std::uint8_t, kDependencyIds> more_qualities_{};  // beside quality id 0
    std::array<Fragment, kFragments> fragments_{};               // [n % kFragments]
    bool nested_ = false, told_ = false, many_slices_ = false;
};

}  // namespace strata::relay

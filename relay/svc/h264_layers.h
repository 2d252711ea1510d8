#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "relay/codec/packet_info.h"
#include "relay/rtp/types.h"
#include "relay/svc/layers.h"

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

    // A packet of a layer's part of a picture, behind spatial_of().
    struct LayerPacket {
        std::int64_t n = 0, picture = 0;  // input number, extended timestamp
        SpatialId spatial = 0;
        bool key_picture = false;
        std::optional<std::uint32_t> slice_begin;  // first_mb_in_slice, where a slice begins
    };
    // Whether it is the last one (C5), which only PACSI says. Without it: the end of the slice that
    // begins where the last slice of the layer's picture before began, among key pictures and
    // others apart; before the first picture has gone by, of a slice that begins with the picture.
    bool ends_layer(const LayerPacket& packet, const H264Info& h264);

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
        std::optional<std::uint32_t> slice_begin;
    };
    // Where the last slice of a layer's pictures begins; one that is further up counts from the
    // second picture on, since the last slice of the first may have been lost.
    struct LastSlice {
        std::optional<std::uint32_t> known, before;
        void learn(std::uint32_t begin);
    };
    struct LayerPicture {
        std::int64_t picture = -1;
        bool key = false;
        std::uint32_t last_slice = 0;
    };

    SpatialId number(std::size_t dependency, std::size_t quality) const;
    SpatialId remember(std::int64_t n, SpatialId spatial);
    Fragment& fragment(std::int64_t n) {
        return fragments_[static_cast<std::size_t>(n) % kFragments];
    }
    std::uint32_t expected_last_slice(const LayerPacket& packet) const;

    std::array<std::uint8_t, kDependencyIds> more_qualities_{};  // beside quality id 0
    std::array<Fragment, kFragments> fragments_{};               // [n % kFragments]
    std::array<LayerPicture, kMaxSpatialLayers> pictures_{};
    std::array<std::array<LastSlice, 2>, kMaxSpatialLayers> last_slices_{};  // [spatial][key]
    bool nested_ = false, told_ = false;
};

}  // namespace strata::relay

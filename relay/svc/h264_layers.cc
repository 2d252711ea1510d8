#include "relay/svc/h264_layers.h"

#include <algorithm>

namespace strata::relay {

SpatialId H264Layers::number(std::size_t dependency, std::size_t quality) const {
    std::size_t below = dependency;
    for (std::size_t d = 0; d < dependency; ++d) below += more_qualities_[d];
    const std::size_t own = std::min<std::size_t>(quality, more_qualities_[dependency]);
    return static_cast<SpatialId>(std::min<std::size_t>(below + own, kMaxSpatialLayers - 1));
}

SpatialId H264Layers::remember(std::int64_t n, SpatialId spatial) {
    fragment(n) = {n, spatial, std::nullopt};
    return spatial;
}

std::optional<SpatialId> H264Layers::spatial_of(std::int64_t n, const H264Info& h264,
                                                bool key_picture) {
    told_ = told_ || h264.has_svc_header;
    if (h264.has_svc_header) {
        const std::size_t dependency = h264.dependency_id % kDependencyIds;
        std::uint8_t& more = more_qualities_[dependency];
        if (key_picture) more = std::max(more, h264.quality_id);
        return remember(n, number(dependency, h264.quality_id));
    }
    if (!h264.extension) return remember(n, 0);
    const Fragment& before = fragment(n - 1);
    if (before.n != n - 1) return std::nullopt;
    return remember(n, before.spatial);
}

void H264Layers::LastSlice::learn(std::uint32_t begin) {
    const bool confirmed = !known || begin >= *known || before == begin;
    before = begin;
    if (confirmed) known = begin;
}

std::uint32_t H264Layers::expected_last_slice(const LayerPacket& packet) const {
    const auto& kinds = last_slices_[packet.spatial];
    return kinds[packet.key_picture].known.value_or(kinds[!packet.key_picture].known.value_or(0));
}

bool H264Layers::ends_layer(const LayerPacket& packet, const H264Info& h264) {
    if (h264.pacsi) return h264.layer_ends;
    if (!told_ || !h264.vcl) return false;
    Fragment& now = fragment(packet.n);
    now.slice_begin = packet.slice_begin;
    if (const Fragment& before = fragment(packet.n - 1);
        !h264.starts_nal && before.n == packet.n - 1)
        now.slice_begin = before.slice_begin;
    if (!now.slice_begin) return false;
    LayerPicture& picture = pictures_[packet.spatial];
    if (packet.picture > picture.picture) {
        if (picture.picture >= 0)
            last_slices_[packet.spatial][picture.key].learn(picture.last_slice);
        picture = {packet.picture, packet.key_picture, 0};
    }
    if (packet.picture == picture.picture)
        picture.last_slice = std::max(picture.last_slice, *now.slice_begin);
    return h264.ends_nal && *now.slice_begin == expected_last_slice(packet);
}

void H264Layers::read_scalability(const H264Info& h264) {
    if (h264.scalability_info) nested_ = h264.temporal_nesting;
}

}  // namespace strata::relay

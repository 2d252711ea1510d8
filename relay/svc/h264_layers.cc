#include "relay/svc/h264_layers.h"

#include <algorithm>

#include "relay/svc/layers.h"

namespace strata::relay {

SpatialId H264Layers::number(std::size_t dependency, std::size_t quality) const {
    std::size_t below = dependency;
    for (std::size_t d = 0; d < dependency; ++d) below += more_qualities_[d];
    const std::size_t own = std::min<std::size_t>(quality, more_qualities_[dependency]);
    return static_cast<SpatialId>(std::min<std::size_t>(below + own, kMaxSpatialLayers - 1));
}

SpatialId H264Layers::remember(std::int64_t n, SpatialId spatial) {
    fragments_[static_cast<std::size_t>(n) % kFragments] = {n, spatial};
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
    const Fragment& before = fragments_[static_cast<std::size_t>(n - 1) % kFragments];
    if (before.n != n - 1) return std::nullopt;
    return remember(n, before.spatial);
}

bool H264Layers::ends_layer(const H264Info& h264) {
    if (h264.pacsi) return h264.layer_ends;
    many_slices_ |= h264.vcl && h264.starts_nal && !h264.first_slice;
    return told_ && h264.vcl && h264.ends_nal && !many_slices_;
}

void H264Layers::read_scalability(const H264Info& h264) {
    if (h264.scalability_info) nested_ = h264.temporal_nesting;
}

}  // namespace strata::relay

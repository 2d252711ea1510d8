#include "relay/svc/availability.h"

#include <algorithm>

namespace strata::relay {
namespace {

constexpr TimeUs kLongestPictureGapUs = 100'000;  // 10 pictures a second

// Whether any decode target whose highest layer is spatial layer `spatial` is active (C4, B4).
bool active(const FrameInfo& frame, SpatialId spatial) {
    if (frame.targets == nullptr) return spatial <= frame.top_spatial;
    for (TemporalId t = 0; t < kMaxTemporalLayers; ++t) {
        const std::size_t i = layer_index(spatial, t);
        if (frame.targets->target[i] < 0 || frame.targets->spatial[i] != spatial) continue;
        if (frame.active_decode_targets >> frame.targets->target[i] & 1) return true;
    }
    return false;
}

}  // namespace

void Availability::on_frame(std::size_t encoding, const FrameInfo& frame, TimeUs now) {
    Encoding& e = state_[encoding];
    if (frame.mode != SpatialMode::unknown) e.mode = frame.mode;
    e.temporal_points = frame.temporal_points;
    e.top = std::min<SpatialId>(frame.top_spatial, kMaxSpatialLayers - 1);
    // A pause of the whole encoding is no layer's silence: only as much of it counts as lies
    // between two pictures of a slow stream.
    const TimeUs pause = std::max<TimeUs>(now - e.last_frame - kLongestPictureGapUs, 0);
    for (TimeUs& seen : e.layer_seen) seen += pause;
    e.last_frame = now;
    if (frame.picture != e.picture) {
        for (std::size_t other = 0; other < encodings_; ++other)
            if (other != encoding) ++state_[other].pictures_elsewhere;
        for (std::uint32_t& pictures : e.pictures_without) ++pictures;
    }
    e.picture = frame.picture;
    for (SpatialId s = 0; s < kMaxSpatialLayers; ++s) {
        const bool is_active = active(frame, s);
        // A key picture, or a layer that is announced anew: taken at its word for a while.
        const bool announced = is_active && (frame.key_picture || !e.layer_active[s]);
        if (announced || frame.spatial_id == s) {
            e.layer_seen[s] = now;
            e.pictures_without[s] = 0;
        }
        e.layer_active[s] = is_active;
    }
}

bool Availability::alive(std::size_t encoding) const {
    const Encoding& e = state_[encoding];
    return e.seen && (e.last_packet + silence_us_ >= newest_packet_ ||
                      e.pictures_elsewhere < kSilentPictures);
}

bool Availability::layer_alive(const Encoding& e, SpatialId spatial) const {
    const bool silent = e.layer_seen[spatial] + silence_us_ < e.last_frame &&
                        e.pictures_without[spatial] >= kSilentPictures;
    return e.layer_active[spatial] && !silent;
}

SpatialId Availability::highest(std::size_t encoding, SpatialId limit) const {
    const Encoding& e = state_[encoding];
    for (SpatialId s = std::min(limit, e.top); s > 0; --s)
        if (layer_alive(e, s)) return s;
    return 0;
}

SpatialId Availability::desired_spatial(LayerId current, const LayerTarget& target,
                                        std::size_t encoding, bool at_key) const {
    const Encoding& e = state_[encoding];
    const SpatialId wanted = std::min<SpatialId>(target.spatial, kMaxSpatialLayers - 1);
    const SpatialId there = highest(encoding, wanted);
    const bool staying = !at_key && current.encoding == encoding;
    const bool independent = e.mode == SpatialMode::key || e.mode == SpatialMode::none;
    // In full SVC the target's group follows a layer that comes and goes by itself (C4); only the
    // way up has to wait for what is there.
    if (!independent) {
        if (!staying || wanted <= current.spatial) return wanted;
        return std::max(there, current.spatial);
    }
    const SpatialId reachable = there == std::min(wanted, e.top) ? wanted : there;
    if (staying && std::min(reachable, e.top) == std::min(current.spatial, e.top))
        return current.spatial;
    return reachable;
}

LayerId Availability::desired(LayerId current, const LayerTarget& target, bool at_key) const {
    if (target.paused) return kNoLayer;
    const std::size_t highest_encoding = std::min<std::size_t>(target.encoding, encodings_ - 1);
    for (std::size_t e = highest_encoding + 1; e-- > 0;) {
        if (!alive(e)) continue;
        LayerId layer;
        layer.encoding = static_cast<std::uint8_t>(e);
        layer.spatial = desired_spatial(current, target, e, at_key);
        layer.temporal = std::min<TemporalId>(target.temporal, kMaxTemporalLayers - 1);
        return layer;
    }
    return current;
}

}  // namespace strata::relay

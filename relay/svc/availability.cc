#include "relay/svc/availability.h"

#include <algorithm>
#include <bit>

namespace strata::relay {
namespace {

constexpr SpatialId kTop = kMaxSpatialLayers - 1;
constexpr TimeUs kLongestPictureGapUs = 100'000;  // 10 pictures a second

// Bit s: some decode target whose highest layer is spatial layer s is active (C4, B4).
std::uint8_t active_layers(const FrameInfo& frame) {
    std::uint8_t active = 0;
    for (SpatialId s = 0; s < kMaxSpatialLayers; ++s)
        for (TemporalId t = 0; t < kMaxTemporalLayers; ++t) {
            const std::size_t i = layer_index(s, t);
            const int target = frame.targets->target[i];
            if (target >= 0 && frame.targets->spatial[i] == s &&
                (frame.active_decode_targets >> target & 1) != 0)
                active |= static_cast<std::uint8_t>(1u << s);
        }
    return active;
}

constexpr std::uint8_t layers_up_to(SpatialId top) {
    return static_cast<std::uint8_t>((2u << top) - 1);
}

}  // namespace

// Structures change at key pictures only: between them what one says is known.
std::uint8_t Availability::active(Encoding& e, const FrameInfo& frame) {
    if (frame.targets == nullptr) return layers_up_to(std::min(frame.top_spatial, kTop));
    if (frame.key_picture || frame.targets != e.targets ||
        frame.active_decode_targets != e.active_decode_targets) {
        e.targets = frame.targets;
        e.active_decode_targets = frame.active_decode_targets;
        e.active_by_targets = active_layers(frame);
    }
    return e.active_by_targets;
}

void Availability::on_frame(std::size_t encoding, const FrameInfo& frame, TimeUs now) {
    Encoding& e = state_[encoding];
    if (frame.mode != SpatialMode::unknown) e.mode = frame.mode;
    e.temporal_points = frame.temporal_points;
    e.top = std::min(frame.top_spatial, kTop);
    // A pause of the whole encoding is no layer's silence: only as much of it counts as lies
    // between two pictures of a slow stream.
    const TimeUs pause = now - e.last_frame - kLongestPictureGapUs;
    if (pause > 0)
        for (TimeUs& seen : e.layer_seen) seen += pause;
    e.last_frame = now;
    if (frame.picture != e.picture) {
        for (std::size_t other = 0; other < encodings_; ++other)
            if (other != encoding) ++state_[other].pictures_elsewhere;
        for (std::uint32_t& pictures : e.pictures_without) ++pictures;
    }
    e.picture = frame.picture;
    const std::uint8_t is_active = active(e, frame);
    // A key picture's layers, and one that is announced anew, are taken at their word for a while.
    unsigned seen = frame.key_picture ? is_active : is_active & ~unsigned{e.layer_active};
    if (frame.spatial_id <= kTop) seen |= 1u << frame.spatial_id;
    e.layer_active = is_active;
    for (; seen != 0; seen &= seen - 1) {
        const auto s = static_cast<std::size_t>(std::countr_zero(seen));
        e.layer_seen[s] = now;
        e.pictures_without[s] = 0;
    }
}

// Silence begins with a frame elsewhere, and ends with one of the layer's own.
bool Availability::stays(std::size_t encoding, const FrameFacts& frame, TimeUs now) const {
    const Encoding& e = state_[encoding];
    if (!e.seen || frame.mode != e.mode || frame.temporal_points != e.temporal_points ||
        std::min(frame.top_spatial, kTop) != e.top || now - e.last_frame > kLongestPictureGapUs)
        return false;
    const std::uint8_t active =
        frame.targets == nullptr ? layers_up_to(e.top) : e.active_by_targets;
    if (active != e.layer_active ||
        (frame.targets != nullptr &&
         (frame.targets != e.targets || frame.active_decode_targets != e.active_decode_targets)))
        return false;
    for (SpatialId s = 1; s <= e.top; ++s) {
        if ((active >> s & 1) == 0) continue;
        const bool is_silent = silent(e, s, e.last_frame, 0);
        if (s == frame.spatial_id ? is_silent : is_silent != silent(e, s, now, 1)) return false;
    }
    for (std::size_t other = 0; other < encodings_; ++other) {
        const bool is_alive = alive(other);
        if (other == encoding ? !is_alive : is_alive && !alive(state_[other], now, 1)) return false;
    }
    return true;
}

std::uint32_t Availability::outlook_of(std::size_t encoding) const {
    const Encoding& e = state_[encoding];
    std::uint32_t layers = 0;  // the lowest one is never asked about
    for (SpatialId s = 1; s <= e.top; ++s) layers |= layer_alive(e, s) ? 1u << s : 0u;
    static_assert(kMaxSpatialLayers <= 8);
    return layers | std::uint32_t{e.top} << 8 | static_cast<std::uint32_t>(e.mode) << 16 |
           (alive(encoding) ? 1u << 24 : 0u);
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
    const SpatialId wanted = std::min(target.spatial, kTop);
    const bool staying = !at_key && current.encoding == encoding;
    const bool independent = e.mode == SpatialMode::key || e.mode == SpatialMode::none;
    // In full SVC the target's group follows a layer that comes and goes by itself (C4); only the
    // way up has to wait for what is there.
    if (!independent) {
        if (!staying || wanted <= current.spatial) return wanted;
        return std::max(highest(encoding, wanted), current.spatial);
    }
    const SpatialId there = highest(encoding, wanted);
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

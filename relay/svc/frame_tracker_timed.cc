#include <algorithm>

#include "relay/codec/h264.h"
#include "relay/svc/frame_tracker.h"

// Frames of streams that don't number them (H.264, AV1 without a descriptor, VP8 and VP9 without
// picture ids, audio): known by RTP timestamp and, for H.264 SVC, dependency id.
namespace strata::relay {
namespace {

bool tells_layer(const H264Info& h264) { return h264.vcl || h264.has_svc_header; }

}  // namespace

FrameTracker::Timed* FrameTracker::find_timed(std::int64_t picture, SpatialId spatial) {
    for (Timed& timed : bulk_[0].timed)
        if (timed.id >= 0 && timed.picture == picture && timed.spatial_id == spatial) return &timed;
    return nullptr;
}

bool FrameTracker::starts_timed(std::int64_t n, const PacketInfo& info,
                                std::int64_t picture) const {
    if (codec_ == Codec::opus) return true;
    if (codec_ == Codec::vp8 || codec_ == Codec::vp9) return info.starts_frame;
    const bool follows = last_n_ < 0 ? info.starts_frame : last_n_ == n - 1;
    return follows && (last_n_ < 0 || picture != last_picture_ || codec_ == Codec::h264_svc);
}

void FrameTracker::describe_timed(const PacketInfo& info, bool starts) {
    frame_.begun = starts;
    frame_.temporal_id = std::min<TemporalId>(info.temporal_id, kMaxTemporalLayers - 1);
    frame_.opaque =
        codec_ == Codec::opaque || codec_ == Codec::opus || (encrypted_ && codec_ != Codec::vp9);
    const bool base_key = info.key_frame && frame_.spatial_id == 0;
    if (base_key) key_picture_ = frame_.picture;
    frame_.key_picture = frame_.picture == key_picture_ && !frame_.opaque;
    frame_.independent = base_key;
    // Every layer of an IDR access unit starts anew or from the layer below.
    frame_.inter_predicted = !frame_.key_picture && !info.key_frame;
    frame_.mode = SpatialMode::full;
    frame_.top_spatial = codec_ == Codec::h264_svc ? kMaxSpatialLayers - 1 : 0;
    if (codec_ == Codec::vp8) {
        frame_.layer_sync = info.vp8.has_tid && info.vp8.layer_sync;
        frame_.discardable = info.vp8.non_reference;
    } else if (codec_ == Codec::vp9) {
        frame_.switching_up = info.vp9.switching_up_point;
        frame_.not_for_inter_layer = info.vp9.not_for_inter_layer;
        frame_.top_spatial = kMaxSpatialLayers - 1;
    } else if (!h264_layers_.empty()) {
        describe_h264(info.h264);
    }
}

// What NAL unit headers say: H.264 section 7.4.1, G.7.4.1.1, RFC 6190 section 1.1.3.
// discardable_flag isn't heeded: encoders disagree on whether it speaks of the layers above or of
// later pictures, and a group forwards every layer up to its own.
void FrameTracker::describe_h264(const H264Info& h264) {
    const H264Layers& layers = h264_layers_[0];
    frame_.one_access_unit = true;
    frame_.temporal_points = !layers.told() || layers.nested();
    frame_.switching_up = layers.nested();
    if (accessory(h264)) {
        frame_.temporal_id = kMaxTemporalLayers - 1;
        frame_.discardable = true;
        return;
    }
    // nal_ref_idc 0: no picture refers to this one. Without layer ids that makes two temporal
    // layers: what may be dropped, and the rest.
    frame_.discardable = (h264.vcl || h264.has_svc_header) && !h264.reference;
    if (!layers.told()) frame_.temporal_id = frame_.discardable ? 1 : 0;
}

// Nullopt: not known.
std::optional<SpatialId> FrameTracker::timed_spatial(std::int64_t n, const PacketInfo& info) {
    if (!h264_layers_.empty()) {
        H264Layers& layers = h264_layers_[0];
        layers.read_scalability(info.h264);
        const std::int64_t picture = timestamps_.unwrap(info.timestamp.value);
        const bool key = info.key_frame || picture == key_picture_;
        const auto spatial = layers.spatial_of(n, info.h264, key);
        return codec_ == Codec::h264 ? SpatialId{0} : spatial;
    }
    return std::min<SpatialId>(info.spatial_id, kMaxSpatialLayers - 1);
}

// Delimiters and SEI in packets of their own come before the layer is known, and decode nothing.
bool FrameTracker::accessory(const H264Info& h264) const {
    if (h264_layers_.empty() || encrypted_) return false;
    return !h264.vcl && !h264.has_svc_header && !h264.sps && !h264.pps && !h264.subset_sps;
}

// C13: what a frame is may show only behind delimiters, SEI and parameter sets that came in packets
// of their own.
bool FrameTracker::tells_more(const Timed& timed, const PacketInfo& info) const {
    if (h264_layers_.empty()) return false;
    if (!timed.told && tells_layer(info.h264)) return true;
    return timed.spatial_id == 0 && info.key_frame && !timed.vcl;
}

// Whether the packet belongs to a frame that is known already, `timed`, and says nothing new of it.
bool FrameTracker::continues_timed(Timed& timed, const PacketInfo& info, TrackedPacket& out) {
    out.frame = ring_.find(timed.id);
    const bool more_is_known = tells_more(timed, info);
    timed.vcl |= info.h264.vcl;
    timed.told |= tells_layer(info.h264);
    if (out.frame != nullptr && !out.frame->key_picture && more_is_known) return false;
    if (out.frame == nullptr) out.error = TrackingError::too_old;
    return true;
}

// Whether neither the packet nor one before it says of which temporal layer its picture is.
bool FrameTracker::layer_is_missing(const H264Info& h264) const {
    return !h264_layers_.empty() && h264_layers_[0].told() && h264.vcl && !h264.starts_nal &&
           !h264.has_svc_header;
}

bool FrameTracker::ends_svc_layer(std::int64_t n, std::span<const std::uint8_t> packet,
                                  const PacketInfo& info, SpatialId spatial) {
    H264Layers::LayerPacket part;
    part.n = n;
    part.picture = timestamps_.unwrap(info.timestamp.value);
    part.spatial = spatial;
    part.key_picture = info.key_frame || part.picture == key_picture_;
    if (info.h264.vcl && info.h264.starts_nal && !info.h264.pacsi)
        part.slice_begin = last_slice_begin(packet.subspan(info.payload_offset, info.payload_size));
    return h264_layers_[0].ends_layer(part, info.h264);
}

// Whether the packet is the next one of audio without descriptors, of which each is a frame.
bool FrameTracker::goes_on_alike(std::int64_t n, const PacketInfo& info) const {
    return codec_ == Codec::opus && ring_.newest() == n - 1 && last_n_ == n - 1 &&
           !uses_descriptor_ && info.find(ExtensionKind::dependency_descriptor) == nullptr;
}

// What on_packet makes of such a packet.
TrackedPacket FrameTracker::take_alike(std::int64_t n, const PacketInfo& info) {
    const std::int64_t picture = timestamps_.unwrap(info.timestamp.value);
    adjacent_ = true;
    frame_.id = n;
    frame_.picture = picture;
    frame_.begun = true;
    frame_.leads_picture = last_picture_ != picture;
    last_n_ = n;
    last_picture_ = picture;
    return {.frame = &ring_.insert_alike(picture),
            .new_frame = true,
            .newest = true,
            .ends_frame = true};
}

void FrameTracker::timed(std::int64_t n, std::span<const std::uint8_t> packet,
                         const PacketInfo& info, TrackedPacket& out) {
    const bool audio = codec_ == Codec::opus;
    const std::int64_t picture = timestamps_.unwrap(info.timestamp.value);
    const std::optional<SpatialId> spatial = timed_spatial(n, info);
    Timed* timed = audio || !spatial ? nullptr : find_timed(picture, *spatial);
    if (!spatial || (timed == nullptr && layer_is_missing(info.h264))) {
        out.error = TrackingError::unknown_layer;
        return;
    }
    out.ends_frame = audio || info.ends_frame;
    if (codec_ == Codec::h264_svc && !encrypted_)
        out.ends_frame |= ends_svc_layer(n, packet, info, *spatial);
    if (timed != nullptr && continues_timed(*timed, info, out)) return;
    // Of audio, all frames are like the first one.
    if (!audio || frame_.id < 0) {
        frame_.begin();
        frame_.spatial_id = *spatial;
        frame_.picture = picture;
        describe_timed(info, timed != nullptr || starts_timed(n, info, picture));
    }
    frame_.id = n;
    frame_.picture = picture;
    if (audio) frame_.begun = true;
    enter_frame(out);
    if (out.error != TrackingError::none || audio) return;
    if (accessory(info.h264)) out.new_frame = false;  // nobody moves before the picture is known
    if (timed == nullptr) {
        auto& places = bulk_[0].timed;
        timed = &places[timed_next_];
        timed_next_ = (timed_next_ + 1) % places.size();
    }
    *timed = Timed{picture, frame_.id, *spatial, info.h264.vcl, tells_layer(info.h264)};
}

}  // namespace strata::relay

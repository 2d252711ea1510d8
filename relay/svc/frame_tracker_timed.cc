#include <algorithm>

#include "relay/svc/frame_tracker.h"

// Frames of streams that don't number them (H.264, AV1 without a descriptor, VP8 and VP9 without
// picture ids, audio): known by RTP timestamp and, for H.264 SVC, dependency id.
namespace strata::relay {

FrameTracker::Timed* FrameTracker::find_timed(std::int64_t picture, SpatialId spatial) {
    for (Timed& timed : timed_)
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
    } else if (codec_ == Codec::h264_svc) {
        frame_.discardable = info.h264.has_svc_header && info.h264.discardable;
    }
}

void FrameTracker::timed(std::int64_t n, const PacketInfo& info, TrackedPacket& out) {
    const bool audio = codec_ == Codec::opus;
    const std::int64_t picture = timestamps_.unwrap(info.timestamp.value);
    // The middle of a fragmented NAL unit doesn't tell its layer: it is that of the packet before.
    SpatialId spatial = std::min<SpatialId>(info.spatial_id, kMaxSpatialLayers - 1);
    const bool continues = codec_ == Codec::h264_svc && !info.h264.starts_nal;
    if (continues && last_n_ == n - 1) spatial = last_spatial_;
    const bool starts = starts_timed(n, info, picture);
    if (n > last_n_) {
        last_picture_ = picture;
        last_spatial_ = spatial;
    }

    out.ends_frame = audio || info.ends_frame;
    Timed* timed = audio ? nullptr : find_timed(picture, spatial);
    const bool vcl = info.h264.vcl;
    if (timed != nullptr) {
        out.frame = ring_.find(timed->id);
        // C13: the key frame shows behind a delimiter or SEI only, in packets of their own.
        const bool late_key = codec_ == Codec::h264 && info.key_frame && !timed->vcl;
        timed->vcl |= vcl;
        if (out.frame == nullptr || out.frame->key_picture || !late_key) {
            if (out.frame == nullptr) out.error = TrackingError::too_old;
            return;
        }
    }
    frame_ = FrameInfo{};
    frame_.id = n;
    frame_.picture = picture;
    frame_.spatial_id = spatial;
    describe_timed(info, starts || timed != nullptr);
    enter_frame(out);
    if (out.error != TrackingError::none || audio) return;
    if (timed == nullptr) {
        timed = &timed_[timed_next_];
        timed_next_ = (timed_next_ + 1) % timed_.size();
    }
    *timed = Timed{picture, frame_.id, spatial, vcl};
}

}  // namespace strata::relay

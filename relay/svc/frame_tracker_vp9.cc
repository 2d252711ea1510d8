#include <algorithm>
#include <span>

#include "relay/svc/frame_tracker.h"

// Frames from VP9's payload descriptor, RFC 9628.
namespace strata::relay {
namespace {

constexpr std::int64_t kMaxVp9Layers = 8;  // SID has 3 bits

std::int64_t frame_id(std::int64_t picture_id, std::int64_t spatial_id) {
    return picture_id * kMaxVp9Layers + spatial_id;
}

// C1: where all references of the group of frames are told, they decide where a receiver may go up,
// not U. A picture is such a point when no later one refers, past it, to a level above its own.
void find_switching_points(Vp9Structure& structure) {
    constexpr std::size_t kLongest = 32;  // pictures; of longer ones U is believed
    const std::size_t count = structure.picture_count;
    if (count > kLongest) return;
    const std::span<Vp9GofPicture> pictures(structure.pictures.data(), count);
    for (Vp9GofPicture& picture : pictures) picture.switching_up_point = true;
    for (std::size_t from = 0; from < count; ++from) {
        for (std::size_t r = 0; r < pictures[from].reference_count; ++r) {
            const std::size_t back = pictures[from].p_diff[r];
            const auto at = [&](std::size_t pictures_back) -> Vp9GofPicture& {
                return pictures[(from + kLongest * 8 * count - pictures_back) % count];
            };
            const TemporalId level = at(back).temporal_id;
            for (std::size_t passed = 1; passed < std::min(back, count + 1); ++passed)
                if (at(passed).temporal_id < level) at(passed).switching_up_point = false;
        }
    }
}

}  // namespace

void FrameTracker::vp9(std::int64_t, std::span<const std::uint8_t> packet, const PacketInfo& info,
                       TrackedPacket& out) {
    const Vp9Info& vp9 = info.vp9;
    if (vp9.picture_id_bits != picture_id_bits_ && ring_.newest() >= 0) {
        reset();
        out.restarted = true;
    }
    picture_id_bits_ = vp9.picture_id_bits;
    out.picture_id = extend_picture_id(vp9.picture_id, vp9.picture_id_bits);
    out.ends_frame = info.ends_frame;
    if (vp9.has_structure && out.picture_id >= group_of_frames_at_ &&
        read_vp9_structure(packet.subspan(info.payload_offset, info.payload_size), vp9,
                           vp9_structure_[0])) {
        vp9_top_ = static_cast<SpatialId>(vp9_structure_[0].spatial_layers - 1);
        find_switching_points(vp9_structure_[0]);
        group_of_frames_at_ = out.picture_id;
    }
    out.frame = ring_.find(frame_id(out.picture_id, info.spatial_id));
    if (out.frame != nullptr) return;
    frame_.begin();
    frame_.picture = timestamps_.unwrap(info.timestamp.value);
    describe_vp9(info, out.picture_id);
    enter_frame(out);
}

void FrameTracker::describe_vp9(const PacketInfo& info, std::int64_t picture_id) {
    const Vp9Info& vp9 = info.vp9;
    frame_.id = frame_id(picture_id, info.spatial_id);
    frame_.begun = vp9.begin_of_frame;
    frame_.spatial_id = info.spatial_id;
    frame_.temporal_id = info.temporal_id;
    frame_.inter_predicted = vp9.inter_picture_predicted;
    frame_.independent = !vp9.inter_picture_predicted && !vp9.inter_layer_dependency;
    frame_.switching_up = vp9.switching_up_point;
    frame_.not_for_inter_layer = vp9.not_for_inter_layer;
    if (frame_.independent && frame_.spatial_id == 0) {
        key_picture_ = frame_.picture;
        vp9_mode_ = SpatialMode::unknown;
    }
    // In k-SVC only key pictures predict from below alone; its base may be late.
    const bool base_is_late = frame_.spatial_id > 0 && vp9_mode_ == SpatialMode::key &&
                              !vp9.inter_picture_predicted && vp9.inter_layer_dependency &&
                              ring_.find(frame_id(picture_id, 0)) == nullptr;
    frame_.key_picture = frame_.picture == key_picture_ || base_is_late;
    refer_vp9(vp9, picture_id);
    frame_.temporal_id = std::min<TemporalId>(frame_.temporal_id, kMaxTemporalLayers - 1);
    frame_.top_spatial = std::min<SpatialId>(vp9_top_, kMaxSpatialLayers - 1);
    learn_vp9_mode(vp9);
    // Below the top, Z decides whether the frame is of use above; what was learned from other
    // pictures only counts where Z agrees.
    const bool decided = frame_.spatial_id > 0 || frame_.not_for_inter_layer;
    if (decided) frame_.mode = vp9_mode_;
}

// Flexible mode names the references; else the group of frames does, counted from the picture that
// its structure came with.
void FrameTracker::refer_vp9(const Vp9Info& vp9, std::int64_t picture_id) {
    const auto refer = [&](std::int64_t id) { frame_.references[frame_.reference_count++] = id; };
    const SpatialId spatial = frame_.spatial_id;
    frame_.references_known = true;
    if (vp9.inter_picture_predicted && vp9.flexible) {
        for (std::size_t i = 0; i < vp9.p_diff_count; ++i)
            refer(frame_id(picture_id - vp9.p_diff[i], spatial));
    } else if (group_of_frames_at_ >= 0 && vp9_structure_[0].picture_count > 0 && !vp9.flexible &&
               picture_id >= group_of_frames_at_) {
        const std::int64_t position =
            (picture_id - group_of_frames_at_) % vp9_structure_[0].picture_count;
        const Vp9GofPicture& picture =
            vp9_structure_[0].pictures[static_cast<std::size_t>(position)];
        if (!vp9.has_layer_indices) frame_.temporal_id = picture.temporal_id;
        frame_.switching_up = picture.switching_up_point;
        if (vp9.inter_picture_predicted)
            for (std::size_t i = 0; i < picture.reference_count; ++i)
                refer(frame_id(picture_id - picture.p_diff[i], spatial));
    } else if (vp9.inter_picture_predicted) {
        frame_.references_known = false;
    }
    if (vp9.inter_layer_dependency && spatial > 0) refer(frame_id(picture_id, spatial - 1));
}

// C3: P=1 and D=0 above the base is k-SVC or an S-mode; a key picture tells which.
void FrameTracker::learn_vp9_mode(const Vp9Info& vp9) {
    if (frame_.spatial_id == 0) {
        if (vp9_top_ == 0) vp9_mode_ = SpatialMode::full;
        return;
    }
    if (frame_.key_picture) {
        if (frame_.independent) vp9_mode_ = SpatialMode::none;  // C15a
    } else if (vp9.inter_picture_predicted) {
        if (vp9.inter_layer_dependency)
            vp9_mode_ = SpatialMode::full;
        else if (vp9_mode_ != SpatialMode::none)
            vp9_mode_ = SpatialMode::key;
    }
}

}  // namespace strata::relay

#include "relay/svc/frame_tracker.h"

#include <algorithm>
#include <cstring>

#include "relay/svc/predicate.h"
#include "relay/svc/target_map.h"

namespace strata::relay {
namespace {

// 1,024 frames are 11 s of three spatial layers at 30 pictures/s; audio has no references.
std::size_t ring_capacity(Codec codec) { return codec == Codec::opus ? 64 : 1024; }

}  // namespace

FrameTracker::FrameTracker(Codec codec, bool end_to_end_encrypted)
    : codec_(codec),
      encrypted_(end_to_end_encrypted),
      ring_(ring_capacity(codec)),
      bulk_(1),
      vp9_structure_(codec == Codec::vp9 ? 1 : 0),
      h264_layers_(codec == Codec::h264 || codec == Codec::h264_svc ? 1 : 0) {}

void FrameTracker::reset() {
    ring_.clear();
    newest_key_ = 0;
    uses_descriptor_ = false;
    frame_numbers_.reset();
    for (Structure& structure : bulk_[0].structures) structure.from_id = -1;
    structure_from_ = structure_picture_ = -1;
    active_targets_ = ~0u;
    short_picture_ids_.reset();
    long_picture_ids_.reset();
    timestamps_.reset();
    key_picture_ = last_picture_ = group_of_frames_at_ = -1;
    vp9_mode_ = SpatialMode::unknown;
    for (Timed& timed : bulk_[0].timed) timed = Timed{};
    for (H264Layers& layers : h264_layers_) layers = H264Layers{};
}

TrackedPacket FrameTracker::on_packet(std::int64_t n, std::span<const std::uint8_t> packet,
                                      const PacketInfo& info) {
    if (goes_on_alike(n, info)) return take_alike(n, info);
    if (n == last_n_ + 1 && !uses_descriptor_ && continues(packet, info)) return go_on(n, info);
    return look_at(n, packet, info);
}

// Made where the caller has it: a copy of what was just written in small pieces waits until all
// that was stored before is in the cache.
TrackedPacket FrameTracker::look_at(std::int64_t n, std::span<const std::uint8_t> packet,
                                    const PacketInfo& info) {
    TrackedPacket out;
    adjacent_ = last_n_ == n - 1;
    const ExtensionLocation* descriptor = info.find(ExtensionKind::dependency_descriptor);
    if (descriptor != nullptr) {
        if (!uses_descriptor_ && ring_.newest() >= 0) {
            reset();
            out.restarted = true;
        }
        uses_descriptor_ = true;
        with_descriptor(packet.subspan(descriptor->offset, descriptor->size), info, out);
    } else if (uses_descriptor_) {
        // C10: one stream never mixes packets with and without a descriptor.
        out.error = TrackingError::no_structure;
    } else if (codec_ == Codec::vp9 && info.vp9.picture_id >= 0) {
        vp9(n, packet, info, out);
    } else if (codec_ == Codec::vp8 && info.vp8.picture_id >= 0) {
        vp8(n, info, out);
    } else {
        timed(n, packet, info, out);
    }
    if (n > last_n_) {
        last_n_ = n;
        last_picture_ = timestamps_.peek(info.timestamp.value);
        const bool of_newest = out.error == TrackingError::none && out.frame->id == ring_.newest();
        newest_key_ = of_newest ? frame_key(packet, info) : 0;
        newest_picture_id_ = out.picture_id;
    } else if (out.new_frame && out.newest) {
        newest_key_ = 0;
    }
    return out;
}

// What on_packet makes of a packet that tells nothing new.
TrackedPacket FrameTracker::go_on(std::int64_t n, const PacketInfo& info) {
    adjacent_ = true;
    last_n_ = n;
    return {.frame = &ring_.newest_frame(),
            .ends_frame = info.ends_frame,
            .picture_id = newest_picture_id_};
}

// frame_ describes a frame whose first packet to arrive this is: remembers it, and what each group
// makes of it, for good (C6).
void FrameTracker::enter_frame(TrackedPacket& out) {
    out.newest = frame_.id > ring_.newest();
    FrameRecord* record = ring_.insert(frame_.id);
    if (record == nullptr) {
        out.error = TrackingError::too_old;
        return;
    }
    top_temporal_ = std::max(top_temporal_, frame_.temporal_id);
    frame_.top_temporal = top_temporal_;
    frame_.leads_picture = frame_.begun && adjacent_ && last_picture_ != frame_.picture;
    fill(*record, known_layer_sets());
    out.frame = record;
    out.new_frame = true;
}

[[gnu::always_inline]] inline void FrameTracker::fill(FrameRecord& record,
                                                      const LayerSets& sets) const {
    record.picture = frame_.picture;
    record.wanted = sets.wanted;
    record.needed = sets.needed;
    record.switching = sets.switching;
    record.top = sets.top;
    record.active_decode_targets = frame_.active_decode_targets;
    record.spatial_id = frame_.spatial_id;
    record.temporal_id = frame_.temporal_id;
    record.key_picture = frame_.key_picture;
}

// VP9 counts its place in a group of frames as well, and learns from it.
bool FrameTracker::describe(FrameKind& kind, FrameKindLayout& layout, const FrameRecord& newest,
                            const PacketInfo& info) const {
    const bool by_picture_id = codec_ == Codec::vp8 && !uses_descriptor_;
    if (newest_key_ == 0 || (!by_picture_id && !uses_descriptor_)) return false;
    if (frame_.key_picture || !frame_.begun) return false;
    if (!layout.ignore_numbers(kind.head, info, uses_descriptor_, encrypted_)) return false;
    kind.sets = {newest.wanted, newest.needed, newest.switching, newest.top};
    kind.frame = frame_;
    if (!uses_descriptor_) return true;
    if (frame_.chain_count > kind.chain_diff.size()) return false;
    std::copy_n(frame_.chain_diff.begin(), frame_.chain_count, kind.chain_diff.begin());
    for (std::size_t i = 0; i < frame_.reference_count; ++i)
        kind.frame_diff[i] = static_cast<std::uint16_t>(frame_.id - frame_.references[i]);
    const Structure& structure = bulk_[0].structures[current_];
    layout.structure_from = structure.from_id;
    return frame_.targets == &structure.targets;
}

const FrameRecord* FrameTracker::begin(const FrameKind& kind, const FrameKindLayout& layout,
                                       std::span<const std::uint8_t> packet, RtpTimestamp timestamp,
                                       bool ended) {
    const std::uint32_t wire_id = layout.id_of(packet);
    std::int64_t id;
    const std::int64_t picture = timestamps_.peek(timestamp.value);
    if (uses_descriptor_) {
        id = frame_numbers_.peek(wire_id);
        if (layout.structure_from < 0 || layout.structure_from != structure_from_ ||
            structure_picture_ == picture || active_targets_ != kind.frame.active_decode_targets)
            return nullptr;
    } else {
        if (layout.structure_from >= 0 || layout.id_bits != picture_id_bits_ ||
            kind.frame.top_temporal != top_temporal_)
            return nullptr;
        id = layout.id_bits == 7 ? short_picture_ids_.peek(wire_id)
                                 : long_picture_ids_.peek(wire_id);
    }
    if (id <= ring_.newest()) return nullptr;

    timestamps_.unwrap(timestamp.value);
    if (ended) ring_.newest_frame().ended = true;
    static_cast<FrameFacts&>(frame_) = kind.frame;
    frame_.id = id;
    frame_.picture = picture;
    frame_.leads_picture = last_picture_ != picture;
    frame_.top_temporal = top_temporal_;
    if (uses_descriptor_) {
        frame_numbers_.unwrap(wire_id);
        // Decode targets' indications are in `sets` already.
        for (std::size_t i = 0; i < frame_.reference_count; ++i)
            frame_.references[i] = id - kind.frame_diff[i];
        std::memcpy(frame_.chain_diff.data(), kind.chain_diff.data(), sizeof kind.chain_diff);
        newest_key_ = descriptor_key(&packet[layout.id_at - 1u], timestamp);
    } else {
        newest_picture_id_ = extend_picture_id(static_cast<std::int32_t>(wire_id), layout.id_bits);
        newest_key_ = picture_key(kVp8Key, wire_id, layout.id_bits, 0, timestamp);
    }
    adjacent_ = true;
    last_picture_ = picture;
    FrameRecord& record = *ring_.insert(id);
    fill(record, kind.sets);
    return &record;
}

// Without a descriptor few kinds of frames come again and again: what groups make of them is
// remembered by all that layer_sets looks at.
LayerSets FrameTracker::known_layer_sets() {
    if (frame_.targets != nullptr) return described_layer_sets();
    const std::uint64_t flags = (frame_.not_for_inter_layer ? 1u : 0u) |
                                (frame_.key_picture ? 2u : 0u) | (frame_.opaque ? 4u : 0u) |
                                (frame_.inter_predicted ? 8u : 0u) |
                                (frame_.independent ? 16u : 0u) | (frame_.switching_up ? 32u : 0u) |
                                (frame_.layer_sync ? 64u : 0u) | (frame_.discardable ? 128u : 0u);
    const std::uint64_t kind = std::uint64_t{1} << 63 | flags << 40 |
                               std::uint64_t{static_cast<std::uint8_t>(frame_.mode)} << 32 |
                               std::uint64_t{frame_.top_temporal} << 24 |
                               std::uint64_t{frame_.top_spatial} << 16 |
                               std::uint64_t{frame_.temporal_id} << 8 | frame_.spatial_id;
    KnownSets& known = known_sets_[frame_.temporal_id % known_sets_.size()];
    if (known.kind != kind) known = {kind, layer_sets(frame_)};
    return known.sets;
}

std::int64_t FrameTracker::extend_picture_id(std::int32_t id, std::uint8_t bits) {
    const auto value = static_cast<std::uint32_t>(id);
    return bits == 7 ? short_picture_ids_.unwrap(value) : long_picture_ids_.unwrap(value);
}

void FrameTracker::vp8(std::int64_t, const PacketInfo& info, TrackedPacket& out) {
    const Vp8Info& vp8 = info.vp8;
    if (vp8.picture_id_bits != picture_id_bits_ && ring_.newest() >= 0) {
        reset();
        out.restarted = true;
    }
    picture_id_bits_ = vp8.picture_id_bits;
    out.picture_id = extend_picture_id(vp8.picture_id, vp8.picture_id_bits);
    out.ends_frame = info.ends_frame;
    out.frame = ring_.find(out.picture_id);
    if (out.frame != nullptr) return;
    frame_.begin();
    frame_.id = out.picture_id;
    frame_.picture = timestamps_.unwrap(info.timestamp.value);
    frame_.begun = info.starts_frame;
    frame_.temporal_id =
        std::min<TemporalId>(vp8.has_tid ? info.temporal_id : 0, kMaxTemporalLayers - 1);
    frame_.key_picture = frame_.independent = info.key_frame;
    frame_.inter_predicted = !info.key_frame;
    frame_.layer_sync = vp8.has_tid && vp8.layer_sync;
    frame_.discardable = vp8.non_reference;
    frame_.opaque = encrypted_;
    frame_.top_spatial = 0;
    frame_.mode = SpatialMode::full;
    enter_frame(out);
}

}  // namespace strata::relay

#include "bench/generator/frame_reader.h"

#include <algorithm>

namespace strata::gen {
namespace {

// Bits of every (s, t) for which `wanted(s, t)` holds, both limited to what the stream has.
template <typename Predicate>
std::uint16_t layer_mask(std::uint8_t max_spatial, std::uint8_t max_temporal, Predicate wanted) {
    std::uint16_t mask = 0;
    for (std::uint8_t s = 0; s < kLayerLimit; ++s)
        for (std::uint8_t t = 0; t < kLayerLimit; ++t)
            if (wanted(std::min(s, max_spatial), std::min(t, max_temporal)))
                mask = static_cast<std::uint16_t>(mask | layer_bit(s, t));
    return mask;
}

std::uint16_t mask_of(const relay::FrameDependencies& frame,
                      const relay::DependencyStructure& structure) {
    return layer_mask(
        structure.max_spatial_id, structure.max_temporal_id, [&](std::uint8_t s, std::uint8_t t) {
            const int target = relay::find_decode_target(structure, s, t);
            if (target < 0) return frame.spatial_id <= s && frame.temporal_id <= t;
            return frame.dtis[static_cast<std::size_t>(target)] != relay::Dti::not_present;
        });
}

}  // namespace

FrameReader::Result FrameReader::read(std::span<const std::uint8_t> packet,
                                      const relay::PacketInfo& info, FrameFacts& facts) {
    facts = {};
    facts.timestamp = timestamps_.unwrap(info.timestamp.value);
    if (info.payload_size == 0) return Result::empty;
    read_numbers(info, facts);
    const relay::ExtensionLocation* descriptor =
        info.find(relay::ExtensionKind::dependency_descriptor);
    if (descriptor != nullptr) {
        const Result result =
            read_descriptor(packet.subspan(descriptor->offset, descriptor->size), facts);
        if (result != Result::read) return result;
    } else if (info.codec == relay::Codec::vp9) {
        read_vp9(info, facts);
    } else if (info.codec == relay::Codec::vp8) {
        read_vp8(info, facts);
    } else {
        read_plain(info, facts);
    }
    if (info.codec == relay::Codec::vp8 && info.vp8.width != 0) {
        widths_[0] = info.vp8.width;
        heights_[0] = info.vp8.height;
    }
    add_resolution(facts);
    return Result::read;
}

void FrameReader::read_numbers(const relay::PacketInfo& info, FrameFacts& facts) {
    const bool vp8 = info.codec == relay::Codec::vp8;
    if (!vp8 && info.codec != relay::Codec::vp9) return;
    const std::int32_t id = vp8 ? info.vp8.picture_id : info.vp9.picture_id;
    const std::uint8_t bits = vp8 ? info.vp8.picture_id_bits : info.vp9.picture_id_bits;
    facts.vp8 = vp8;
    if (id >= 0) {
        const auto value = static_cast<std::uint32_t>(id);
        facts.picture_id =
            bits == 7 ? short_picture_ids_.unwrap(value) : picture_ids_.unwrap(value);
    }
    if (vp8 ? info.vp8.has_tl0_pic_idx : info.vp9.has_tl0_pic_idx)
        facts.tl0_pic_idx = vp8 ? info.vp8.tl0_pic_idx : info.vp9.tl0_pic_idx;
}

FrameReader::Result FrameReader::read_descriptor(std::span<const std::uint8_t> bytes,
                                                 FrameFacts& facts) {
    relay::DependencyDescriptor& d = *descriptor_;
    if (relay::read_dependency_descriptor(bytes, structure_.get(), d) !=
        relay::DescriptorError::none)
        return Result::unreadable;
    if (d.has_structure) {
        structure_ = std::make_unique<relay::DependencyStructure>(d.attached_structure);
        key_timestamp_ = facts.timestamp;
        std::fill(std::begin(widths_), std::end(widths_), std::uint16_t{0});
        for (std::size_t s = 0; structure_->has_resolutions && s <= structure_->max_spatial_id;
             ++s) {
            widths_[s] = structure_->width[s];
            heights_[s] = structure_->height[s];
        }
    }
    facts.id = frame_numbers_.unwrap(d.frame_number);
    facts.spatial_id = d.frame.spatial_id;
    facts.temporal_id = d.frame.temporal_id;
    facts.starts_frame = d.start_of_frame;
    facts.ends_frame = d.end_of_frame;
    facts.key_picture = facts.timestamp == key_timestamp_;
    facts.references_known = true;
    for (std::size_t i = 0; i < d.frame.fdiff_count; ++i)
        facts.references.push_back(facts.id - d.frame.fdiffs[i]);
    facts.wanted = mask_of(d.frame, *structure_);
    // A lower layer that the next one up doesn't need: k-SVC between key pictures, and S-modes.
    if (facts.spatial_id < structure_->max_spatial_id && facts.spatial_id + 1u < kLayerLimit)
        independent_layers_ =
            (facts.wanted & layer_bit(facts.spatial_id + 1u, kLayerLimit - 1)) == 0;
    facts.independent_layers = independent_layers_;
    return Result::read;
}

void FrameReader::read_vp9(const relay::PacketInfo& info, FrameFacts& facts) {
    const relay::Vp9Info& vp9 = info.vp9;
    if (vp9.has_structure) {
        max_spatial_id_ = static_cast<std::uint8_t>(std::max<int>(vp9.spatial_layers, 1) - 1);
        for (std::size_t s = 0; vp9.has_resolutions && s < vp9.spatial_layers; ++s) {
            widths_[s] = vp9.width[s];
            heights_[s] = vp9.height[s];
        }
    }
    const auto sid = static_cast<std::uint8_t>(info.spatial_id);
    facts.id = facts.picture_id < 0 ? facts.timestamp * 8 + sid : facts.picture_id * 8 + sid;
    facts.spatial_id = sid;
    facts.temporal_id = info.temporal_id;
    facts.starts_frame = vp9.begin_of_frame;
    facts.ends_frame = vp9.end_of_frame;
    // Without any reference: the base of a key picture, or an S-mode layer's own.
    if (!vp9.inter_picture_predicted && !vp9.inter_layer_dependency)
        key_timestamp_ = facts.timestamp;
    facts.key_picture = facts.timestamp == key_timestamp_;
    if (facts.picture_id >= 0 && (vp9.flexible || facts.key_picture)) {
        facts.references_known = true;
        for (std::size_t i = 0; vp9.inter_picture_predicted && i < vp9.p_diff_count; ++i)
            facts.references.push_back(facts.id - vp9.p_diff[i] * 8);
        if (vp9.inter_layer_dependency && sid > 0) facts.references.push_back(facts.id - 1);
    }
    const bool alone = vp9.not_for_inter_layer;
    facts.wanted =
        layer_mask(max_spatial_id_, kLayerLimit - 1, [&](std::uint8_t s, std::uint8_t t) {
            return facts.temporal_id <= t && (sid == s || (sid < s && !alone));
        });
    if (sid < max_spatial_id_) independent_layers_ = alone;
    facts.independent_layers = independent_layers_;
}

void FrameReader::read_vp8(const relay::PacketInfo& info, FrameFacts& facts) {
    const relay::Vp8Info& vp8 = info.vp8;
    facts.id = facts.picture_id < 0 ? facts.timestamp : facts.picture_id;
    facts.temporal_id = info.temporal_id;
    facts.starts_frame = vp8.start_of_partition0;
    facts.ends_frame = info.marker;
    if (vp8.key_frame) key_timestamp_ = facts.timestamp;
    facts.key_picture = facts.timestamp == key_timestamp_;
    facts.wanted = layer_mask(0, kLayerLimit - 1,
                              [&](std::uint8_t, std::uint8_t t) { return facts.temporal_id <= t; });
}

// What follows in a fragmented NAL unit doesn't say its layer, base slices and parameter sets don't
// either: RFC 6190 section 4.8.
void FrameReader::read_svc_layer(const relay::PacketInfo& info, FrameFacts& facts) {
    const relay::H264Info& h264 = info.h264;
    if (h264.has_svc_header)
        svc_ = {info.spatial_id, info.temporal_id};
    else if (!h264.extension)
        svc_ = {0, facts.timestamp == last_timestamp_ ? svc_.temporal_id : std::uint8_t{0}};
    facts.spatial_id = svc_.spatial_id;
    facts.temporal_id = svc_.temporal_id;
    // Without PACSI a layer's part of a picture is one slice.
    facts.ends_frame |= !h264.pacsi && h264.vcl && h264.ends_nal;
}

void FrameReader::read_plain(const relay::PacketInfo& info, FrameFacts& facts) {
    facts.spatial_id = info.spatial_id;
    facts.temporal_id = info.temporal_id;
    facts.starts_frame = info.starts_frame || facts.timestamp != last_timestamp_;
    facts.ends_frame = info.ends_frame || info.marker;
    if (info.codec == relay::Codec::h264_svc) read_svc_layer(info, facts);
    facts.id = facts.timestamp * 8 + facts.spatial_id;
    last_timestamp_ = facts.timestamp;
    if (info.key_frame || info.codec == relay::Codec::opus) key_timestamp_ = facts.timestamp;
    facts.key_picture = facts.timestamp == key_timestamp_;
    max_spatial_id_ = std::max(max_spatial_id_, facts.spatial_id);
    facts.wanted =
        layer_mask(kLayerLimit - 1, kLayerLimit - 1, [&](std::uint8_t s, std::uint8_t t) {
            return facts.spatial_id <= s && facts.temporal_id <= t;
        });
}

void FrameReader::add_resolution(FrameFacts& facts) const {
    facts.width = widths_[facts.spatial_id % 8];
    facts.height = heights_[facts.spatial_id % 8];
}

}  // namespace strata::gen

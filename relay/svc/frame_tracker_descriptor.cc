#include <algorithm>

#include "relay/svc/frame_tracker.h"
#include "relay/svc/target_map.h"

// Frames from the dependency descriptor (any codec).
namespace strata::relay {

// C9: the structure of the frame's own time reads its descriptor. Null: `out` says why.
FrameTracker::Structure* FrameTracker::read_descriptor(std::span<const std::uint8_t> bytes,
                                                       std::int64_t id, TrackedPacket& out) {
    auto& structures = bulk_[0].structures;
    DependencyDescriptor& descriptor = bulk_[0].descriptor;
    Structure* structure = nullptr;
    for (const std::size_t i : {current_, 1 - current_}) {
        if (structures[i].from_id < 0 || id < structures[i].from_id) continue;
        structure = &structures[i];
        break;
    }
    const bool known = structure != nullptr && bytes.size() == kMandatoryDescriptorSize &&
                       ring_.find(id) != nullptr;
    const DescriptorError error =
        known ? read_mandatory_descriptor(bytes, structure->templates, descriptor)
              : read_dependency_descriptor(
                    bytes, structure != nullptr ? &structure->templates : nullptr, descriptor);
    if (error == DescriptorError::malformed) {
        out.error = TrackingError::malformed_descriptor;
        return nullptr;
    }
    const bool fresh = error == DescriptorError::none && descriptor.has_structure;
    if (!fresh) {
        if (error != DescriptorError::none) out.error = TrackingError::no_structure;
        return error == DescriptorError::none ? structure : nullptr;
    }
    if (structure != nullptr && structure->from_id == id) return structure;
    // Older than the structure in force: whatever was made of its frames then stands.
    if (structures[current_].from_id > id) {
        out.error = TrackingError::no_structure;
        return nullptr;
    }
    current_ = 1 - current_;
    Structure& taken = structures[current_];
    taken.from_id = structure_from_ = id;
    taken.templates = descriptor.attached_structure;
    taken.targets = make_target_map(taken.templates);
    taken.mode = spatial_mode(taken.templates);
    taken.picture = structure_picture_ = -1;
    taken.sets_known = 0;
    return &taken;
}

void FrameTracker::with_descriptor(std::span<const std::uint8_t> bytes, const PacketInfo& info,
                                   TrackedPacket& out) {
    if (bytes.size() < kMandatoryDescriptorSize) {
        out.error = TrackingError::malformed_descriptor;
        return;
    }
    const auto number = static_cast<std::uint32_t>(bytes[1] << 8 | bytes[2]);
    const std::int64_t id = frame_numbers_.peek(number);
    Structure* structure = read_descriptor(bytes, id, out);
    if (structure == nullptr) return;
    frame_numbers_.unwrap(number);
    const std::int64_t picture = timestamps_.unwrap(info.timestamp.value);
    const DependencyDescriptor& descriptor = bulk_[0].descriptor;
    if (structure->picture < 0) structure->picture = picture;
    const bool in_force = structure == &bulk_[0].structures[current_];
    if (in_force) structure_picture_ = structure->picture;
    if (in_force && id >= ring_.newest() &&
        (descriptor.has_structure || descriptor.has_active_targets))
        active_targets_ = descriptor.active_decode_targets;

    out.ends_frame = descriptor.end_of_frame;
    out.descriptor = &descriptor;
    out.targets = &structure->targets;
    out.decode_target_count = structure->templates.decode_target_count;
    out.frame = ring_.find(id);
    if (out.frame != nullptr) return;
    describe(*structure, id, picture);
    enter_frame(out);
}

void FrameTracker::describe(const Structure& structure, std::int64_t id, std::int64_t picture) {
    const FrameDependencies& dependencies = bulk_[0].descriptor.frame;
    frame_.begin();
    frame_.id = id;
    frame_.picture = picture;
    frame_.begun = bulk_[0].descriptor.start_of_frame;
    frame_.spatial_id = dependencies.spatial_id;
    frame_.temporal_id = dependencies.temporal_id;
    frame_.key_picture = picture == structure.picture;
    frame_.mode = structure.mode;
    frame_.top_spatial = structure.templates.max_spatial_id;
    frame_.references_known = true;
    frame_.reference_count = dependencies.fdiff_count;
    refer(dependencies);
    frame_.independent = dependencies.fdiff_count == 0;
    frame_.inter_predicted = !frame_.independent && !frame_.key_picture;
    frame_.targets = &structure.targets;
    frame_.chain_count = structure.templates.chain_count;
    frame_.active_decode_targets = active_targets_;
}

// The lists of a frame whose facts are known.
void FrameTracker::refer(const FrameDependencies& dependencies) {
    for (std::size_t i = 0; i < dependencies.fdiff_count; ++i)
        frame_.references[i] = frame_.id - dependencies.fdiffs[i];
    frame_.chain_diff = dependencies.chain_diffs;
    frame_.dti = dependencies.dtis;
}

LayerSets FrameTracker::described_layer_sets() {
    Bulk& bulk = bulk_[0];
    Structure& structure = bulk.structures[frame_.targets == &bulk.structures[0].targets ? 0 : 1];
    if (bulk.descriptor.custom_dtis) return layer_sets(frame_);
    const std::size_t place = template_place(structure.templates, bulk.descriptor.template_id);
    const std::uint64_t bit = std::uint64_t{1} << place;
    if ((structure.sets_known & bit) == 0) structure.sets[place] = layer_sets(frame_);
    structure.sets_known |= bit;
    return structure.sets[place];
}

}  // namespace strata::relay

#include "relay/codec/dependency_descriptor.h"

#include <algorithm>
#include <array>

#include "relay/codec/bit_writer.h"
#include "tests/fuzz/invariant.h"

using namespace strata::relay;

namespace {

using Bytes = std::span<const std::uint8_t>;

void check_structure(const DependencyStructure& s) {
    INVARIANT(s.template_count >= 1 && s.template_count <= kMaxTemplates);
    INVARIANT(s.decode_target_count >= 1 && s.decode_target_count <= kMaxDecodeTargets);
    INVARIANT(s.chain_count <= s.decode_target_count);
    INVARIANT(s.max_spatial_id <= kMaxDescriptorSpatialId);
    for (std::size_t i = 0; i < s.template_count; ++i)
        INVARIANT(s.templates[i].fdiff_count <= kMaxReferences);
    for (std::size_t dt = 0; s.chain_count > 0 && dt < s.decode_target_count; ++dt)
        INVARIANT(s.protected_by[dt] < s.chain_count);
}

void check_ranges(const DependencyDescriptor& d, std::size_t bits) {
    INVARIANT(d.flags.begin <= d.flags.end && d.flags.end <= d.structure.begin);
    INVARIANT(d.structure.begin <= d.structure.end && d.structure.end <= d.active_mask.begin);
    INVARIANT(d.active_mask.begin <= d.active_mask.end && d.active_mask.end <= d.definition.begin);
    INVARIANT(d.definition.begin <= d.definition.end && d.definition.end == d.size_bits);
    INVARIANT(d.size_bits <= bits);
}

// A copy with a mask beside whatever there was says the same about the frame.
void check_copy_with_mask(Bytes bytes, const DependencyStructure* current,
                          const DependencyDescriptor& d) {
    std::array<std::uint8_t, 2'048> copy{};
    if (bytes.size() > copy.size() - 8) return;
    const DependencyStructure& s = d.has_structure ? d.attached_structure : *current;
    BitWriter writer(copy);
    writer.copy(bytes, 0, 24);
    writer.write_bit(d.has_structure);
    writer.write_bit(true);
    writer.write_bit(d.custom_dtis);
    writer.write_bit(d.custom_fdiffs);
    writer.write_bit(d.custom_chains);
    writer.copy(bytes, d.structure.begin, d.structure.end);
    writer.write(0x5555'5555, s.decode_target_count);
    writer.copy(bytes, d.definition.begin, d.definition.end);
    INVARIANT(writer.ok());
    DependencyDescriptor again;
    INVARIANT(read_dependency_descriptor(Bytes(copy).first(writer.size_bytes()), current, again) ==
              DescriptorError::none);
    INVARIANT(again.size_bits == writer.position());
    INVARIANT(again.frame_number == d.frame_number && again.template_id == d.template_id);
    INVARIANT(again.frame.spatial_id == d.frame.spatial_id);
    INVARIANT(again.frame.fdiff_count == d.frame.fdiff_count);
    INVARIANT(again.frame.fdiffs == d.frame.fdiffs && again.frame.dtis == d.frame.dtis);
    INVARIANT(again.frame.chain_diffs == d.frame.chain_diffs);
}

}  // namespace

// Size of a first descriptor in one byte, that descriptor, then a second one which is read with the
// first one's structure.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t first_size = std::min<std::size_t>(data[0], size - 1);
    const Bytes first(data + 1, first_size);
    const Bytes second(data + 1 + first_size, size - 1 - first_size);
    DependencyDescriptor key, d;
    const DependencyStructure* current = nullptr;
    if (read_dependency_descriptor(first, nullptr, key) == DescriptorError::none) {
        INVARIANT(key.has_structure);
        check_structure(key.attached_structure);
        check_ranges(key, first.size() * 8);
        check_copy_with_mask(first, nullptr, key);
        current = &key.attached_structure;
    }
    if (read_dependency_descriptor(second, current, d) == DescriptorError::none) {
        if (d.has_structure) check_structure(d.attached_structure);
        check_ranges(d, second.size() * 8);
        check_copy_with_mask(second, current, d);
    }
    return 0;
}

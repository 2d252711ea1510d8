#include "relay/codec/dependency_descriptor.h"

#include "relay/codec/bit_reader.h"
#include "relay/rtp/byte_order.h"

namespace strata::relay {
namespace {

enum NextLayer : std::uint32_t { kSameLayer = 0, kNextTemporal = 1, kNextSpatial = 2, kEnd = 3 };

std::uint16_t position(const BitReader& reader) {
    return static_cast<std::uint16_t>(reader.position());
}

// template_layers(): next_layer_idc f(2) behind each template.
void read_layers(BitReader& reader, DependencyStructure& s) {
    SpatialId spatial = 0;
    TemporalId temporal = 0;
    for (std::uint32_t next = kSameLayer; next != kEnd;) {
        if (s.template_count == kMaxTemplates) {
            reader.invalidate();
            return;
        }
        s.templates[s.template_count].spatial_id = spatial;
        s.templates[s.template_count].temporal_id = temporal;
        ++s.template_count;
        next = reader.read(2);
        if (!reader.ok()) return;
        if (next == kNextTemporal) {
            if (++temporal > s.max_temporal_id) s.max_temporal_id = temporal;
        } else if (next == kNextSpatial) {
            temporal = 0;
            ++spatial;
        }
        if (temporal > kMaxDescriptorTemporalId || spatial > kMaxDescriptorSpatialId) {
            reader.invalidate();
            return;
        }
    }
    s.max_spatial_id = spatial;
}

// frame_dtis(), and template_dtis() for each template: f(2) per decode target.
void read_dtis(BitReader& reader, std::size_t targets, FrameDependencies& frame) {
    for (std::size_t dt = 0; dt < targets; ++dt) frame.dtis[dt] = static_cast<Dti>(reader.read(2));
}

void add_fdiff(BitReader& reader, unsigned bits, FrameDependencies& frame) {
    const std::uint32_t diff = reader.read(bits) + 1;
    if (frame.fdiff_count == kMaxReferences) {
        reader.invalidate();
        return;
    }
    frame.fdiffs[frame.fdiff_count++] = static_cast<std::uint16_t>(diff);
}

// template_fdiffs(): fdiff_follows_flag f(1), fdiff_minus_one f(4).
void read_template_fdiffs(BitReader& reader, FrameDependencies& frame) {
    while (reader.read_bit()) add_fdiff(reader, 4, frame);
}

// frame_fdiffs(): next_fdiff_size f(2), fdiff_minus_one f(4 * size).
void read_frame_fdiffs(BitReader& reader, FrameDependencies& frame) {
    frame.fdiff_count = 0;
    while (const std::uint32_t size = reader.read(2)) add_fdiff(reader, 4 * size, frame);
}

// template_chains()
void read_chains(BitReader& reader, DependencyStructure& s) {
    const std::uint32_t chains = reader.read_non_symmetric(s.decode_target_count + 1u);
    s.chain_count = static_cast<std::uint8_t>(chains);
    if (chains == 0) return;
    for (std::size_t dt = 0; dt < s.decode_target_count; ++dt)
        s.protected_by[dt] = static_cast<std::uint8_t>(reader.read_non_symmetric(chains));
    for (std::size_t i = 0; i < s.template_count; ++i)
        for (std::size_t chain = 0; chain < chains; ++chain)
            s.templates[i].chain_diffs[chain] = static_cast<std::uint8_t>(reader.read(4));
}

// decode_target_layers(): not in the bits, it follows from the templates.
void derive_target_layers(DependencyStructure& s) {
    for (std::size_t dt = 0; dt < s.decode_target_count; ++dt) {
        s.target_spatial_id[dt] = 0;
        s.target_temporal_id[dt] = 0;
        for (std::size_t i = 0; i < s.template_count; ++i) {
            const FrameDependencies& t = s.templates[i];
            if (t.dtis[dt] == Dti::not_present) continue;
            if (t.spatial_id > s.target_spatial_id[dt]) s.target_spatial_id[dt] = t.spatial_id;
            if (t.temporal_id > s.target_temporal_id[dt]) s.target_temporal_id[dt] = t.temporal_id;
        }
    }
}

// render_resolutions()
void read_resolutions(BitReader& reader, DependencyStructure& s) {
    s.has_resolutions = reader.read_bit();
    if (!s.has_resolutions) return;
    for (std::size_t sid = 0; sid <= s.max_spatial_id; ++sid) {
        s.width[sid] = static_cast<std::uint16_t>(reader.read(16) + 1);
        s.height[sid] = static_cast<std::uint16_t>(reader.read(16) + 1);
    }
}

// template_dependency_structure()
void read_structure(BitReader& reader, DependencyStructure& s) {
    s = DependencyStructure{};
    s.template_id_offset = static_cast<std::uint8_t>(reader.read(6));
    s.decode_target_count = static_cast<std::uint8_t>(reader.read(5) + 1);
    read_layers(reader, s);
    // A structure that is longer than the descriptor isn't walked to its end.
    for (std::size_t i = 0; i < s.template_count && reader.ok(); ++i)
        read_dtis(reader, s.decode_target_count, s.templates[i]);
    for (std::size_t i = 0; i < s.template_count && reader.ok(); ++i)
        read_template_fdiffs(reader, s.templates[i]);
    if (!reader.ok()) return;
    read_chains(reader, s);
    derive_target_layers(s);
    read_resolutions(reader, s);
}

//   0                   1                   2
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |S|E| templ. id |         frame number          |   mandatory_descriptor_fields()
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
void read_mandatory(std::span<const std::uint8_t> bytes, DependencyDescriptor& out) {
    out.start_of_frame = (bytes[0] & 0x80) != 0;
    out.end_of_frame = (bytes[0] & 0x40) != 0;
    out.template_id = bytes[0] & 0x3F;
    out.frame_number = load_be16(&bytes[1]);
}

void clear_extended(DependencyDescriptor& out) {
    constexpr auto kMandatoryBits = static_cast<std::uint16_t>(kMandatoryDescriptorSize * 8);
    constexpr BitRange kNothing = {kMandatoryBits, kMandatoryBits};
    out.extended = out.has_structure = out.has_active_targets = false;
    out.custom_dtis = out.custom_fdiffs = out.custom_chains = false;
    out.active_decode_targets = 0;
    out.flags = out.structure = out.active_mask = out.definition = kNothing;
    out.size_bits = kMandatoryBits;
}

//   0 1 2 3 4
//  +-+-+-+-+-+
//  |T|A|D|F|C|   extended_descriptor_fields(): structure, active decode targets, custom dtis,
//  +-+-+-+-+-+   fdiffs and chains present
void read_flags(BitReader& reader, DependencyDescriptor& out) {
    out.extended = true;
    out.flags.begin = position(reader);
    out.has_structure = reader.read_bit();
    out.has_active_targets = reader.read_bit();
    out.custom_dtis = reader.read_bit();
    out.custom_fdiffs = reader.read_bit();
    out.custom_chains = reader.read_bit();
    out.flags.end = position(reader);
}

void read_structure_and_mask(BitReader& reader, const DependencyStructure*& current,
                             DependencyDescriptor& out) {
    out.structure.begin = position(reader);
    if (out.has_structure) {
        read_structure(reader, out.attached_structure);
        current = &out.attached_structure;
        out.active_decode_targets = ~std::uint32_t{0} >> (32 - current->decode_target_count);
    }
    out.structure.end = position(reader);
    out.active_mask.begin = position(reader);
    if (out.has_active_targets && current)
        out.active_decode_targets = reader.read(current->decode_target_count);
    out.active_mask.end = position(reader);
}

// frame_dependency_definition()
void read_definition(BitReader& reader, const DependencyStructure& s, std::size_t index,
                     DependencyDescriptor& out) {
    out.frame = s.templates[index];
    out.width = out.height = 0;
    out.definition.begin = position(reader);
    if (out.custom_dtis) read_dtis(reader, s.decode_target_count, out.frame);
    if (out.custom_fdiffs) read_frame_fdiffs(reader, out.frame);
    if (out.custom_chains)
        for (std::size_t chain = 0; chain < s.chain_count; ++chain)
            out.frame.chain_diffs[chain] = static_cast<std::uint8_t>(reader.read(8));
    out.definition.end = position(reader);
    if (s.has_resolutions) {
        out.width = s.width[out.frame.spatial_id];
        out.height = s.height[out.frame.spatial_id];
    }
}

}  // namespace

DescriptorError read_dependency_descriptor(std::span<const std::uint8_t> bytes,
                                           const DependencyStructure* current,
                                           DependencyDescriptor& out) {
    clear_extended(out);
    if (bytes.size() < kMandatoryDescriptorSize) return DescriptorError::malformed;
    read_mandatory(bytes, out);

    BitReader reader(bytes);
    reader.skip(kMandatoryDescriptorSize * 8);
    if (bytes.size() > kMandatoryDescriptorSize) {
        read_flags(reader, out);
        read_structure_and_mask(reader, current, out);
        if (!reader.ok()) return DescriptorError::malformed;
    }
    if (!current) return DescriptorError::no_structure;

    const std::size_t index = template_place(*current, out.template_id);
    if (index >= current->template_count) return DescriptorError::unknown_template;
    read_definition(reader, *current, index, out);
    out.size_bits = position(reader);
    return reader.ok() ? DescriptorError::none : DescriptorError::malformed;
}

DescriptorError read_mandatory_descriptor(std::span<const std::uint8_t> bytes,
                                          const DependencyStructure& current,
                                          DependencyDescriptor& out) {
    clear_extended(out);
    read_mandatory(bytes, out);
    const std::size_t index = template_place(current, out.template_id);
    return index < current.template_count ? DescriptorError::none
                                          : DescriptorError::unknown_template;
}

int find_decode_target(const DependencyStructure& structure, SpatialId spatial,
                       TemporalId temporal) {
    for (int dt = 0; dt < structure.decode_target_count; ++dt) {
        const auto i = static_cast<std::size_t>(dt);
        if (structure.target_spatial_id[i] == spatial &&
            structure.target_temporal_id[i] == temporal)
            return dt;
    }
    return -1;
}

}  // namespace strata::relay

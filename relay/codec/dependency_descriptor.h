#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "relay/codec/decode_target.h"
#include "relay/rtp/types.h"

// Dependency descriptor, AV1 RTP payload specification, appendix A. Used with any codec (B9).
namespace strata::relay {

constexpr std::size_t kMaxTemplates = 64;            // frame_dependency_template_id has 6 bits
constexpr SpatialId kMaxDescriptorSpatialId = 3;     // AV1: spatial_id has 2 bits
constexpr TemporalId kMaxDescriptorTemporalId = 7;   // AV1: temporal_id has 3 bits
constexpr std::size_t kMandatoryDescriptorSize = 3;  // bytes

// What a frame is within its structure: the frame dependency definition, of a template or resolved
// for one frame.
struct FrameDependencies {
    SpatialId spatial_id = 0;
    TemporalId temporal_id = 0;
    std::uint8_t fdiff_count = 0;
    std::array<std::uint16_t, kMaxReferences> fdiffs{};  // frame numbers back, 1..4096
    std::array<Dti, kMaxDecodeTargets> dtis{};           // [decode target]
    std::array<std::uint8_t, kMaxChains> chain_diffs{};  // [chain]; 0: the chain starts here
};

// Template dependency structure, in force from the key frame it is attached to until the next one.
struct DependencyStructure {
    std::uint8_t template_id_offset = 0;   // 0..63
    std::uint8_t template_count = 0;       // 1..64
    std::uint8_t decode_target_count = 0;  // 1..32
    std::uint8_t chain_count = 0;          // 0..decode_target_count
    SpatialId max_spatial_id = 0;
    TemporalId max_temporal_id = 0;
    bool has_resolutions = false;
    std::array<std::uint16_t, kMaxDescriptorSpatialId + 1> width{},
        height{};                                                // [spatial id], 0: 65,536
    std::array<std::uint8_t, kMaxDecodeTargets> protected_by{};  // [decode target]: chain
    // Highest layer among the templates that are present in the decode target: which target a
    // (spatial, temporal) pair means.
    std::array<SpatialId, kMaxDecodeTargets> target_spatial_id{};
    std::array<TemporalId, kMaxDecodeTargets> target_temporal_id{};
    std::array<FrameDependencies, kMaxTemplates> templates{};
};

// Place of the template in `templates`, or at least template_count: the structure has no such one.
constexpr std::size_t template_place(const DependencyStructure& structure,
                                     std::uint8_t template_id) {
    return (template_id + kMaxTemplates - structure.template_id_offset) % kMaxTemplates;
}

// A run of bits of the descriptor, counted from its first byte's most significant bit.
struct BitRange {
    std::uint16_t begin = 0, end = 0;
    constexpr std::uint16_t size() const { return static_cast<std::uint16_t>(end - begin); }
};

// One packet's descriptor. Everything a rewriter needs to make another one by copying bit ranges:
//
//   mandatory (24 bits) | flags (5) | structure | active mask | definition | zero padding
struct DependencyDescriptor {
    // Mandatory part: always valid once reading got past three bytes.
    bool start_of_frame = false, end_of_frame = false;
    std::uint8_t template_id = 0;  // frame_dependency_template_id, 0..63
    std::uint16_t frame_number = 0;

    bool extended = false;            // more than the mandatory part: the flags below were read
    bool has_structure = false;       // attached_structure is this packet's
    bool has_active_targets = false;  // active_decode_targets_bitmask is in the packet
    bool custom_dtis = false, custom_fdiffs = false, custom_chains = false;
    // In force from this packet on, bit i: decode target i is active. Meaningful when has_structure
    // (then all targets, unless has_active_targets) or has_active_targets; else what was before
    // holds.
    std::uint32_t active_decode_targets = 0;

    FrameDependencies frame;              // resolved: template plus custom parts
    std::uint16_t width = 0, height = 0;  // of the frame's spatial layer, 0: not told

    // Where the parts lie. Empty ranges are positioned where the part would be inserted.
    BitRange flags;               // 24..29 when extended, else empty at 24
    BitRange structure;           // template_id_offset is its first 6 bits
    BitRange active_mask;         // decode_target_count bits
    BitRange definition;          // custom dtis, fdiffs and chains
    std::uint16_t size_bits = 0;  // end of content, zero padding not counted

    // Only written when has_structure; otherwise left as it was.
    DependencyStructure attached_structure;
};

enum class DescriptorError : std::uint8_t {
    none,
    malformed,         // truncated, or beyond the limits above
    no_structure,      // nothing attached and `current` is null (C9); mandatory part and flags are
                       // valid
    unknown_template,  // the id isn't in the structure: it belongs to another key frame's (C9)
};

// Reads a descriptor. `current` is the structure in force, null before the first one; an attached
// one goes before it. `out` is overwritten whole, but for attached_structure. After no_structure
// the frame, mask and positions aren't meaningful. budget: 10 ns for 3 bytes, 40 ns with custom
// parts, bench/micro/parse_bench
DescriptorError read_dependency_descriptor(std::span<const std::uint8_t> bytes,
                                           const DependencyStructure* current,
                                           DependencyDescriptor& out);

// The same of three bytes, except that `frame`, `width` and `height` are left as they were: for the
// other packets of a frame that is known. `bytes` has kMandatoryDescriptorSize.
DescriptorError read_mandatory_descriptor(std::span<const std::uint8_t> bytes,
                                          const DependencyStructure& current,
                                          DependencyDescriptor& out);

// The decode target whose highest layer is exactly (spatial, temporal); -1: there is none.
int find_decode_target(const DependencyStructure& structure, SpatialId spatial,
                       TemporalId temporal);

}  // namespace strata::relay

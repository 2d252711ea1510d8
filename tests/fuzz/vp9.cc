#include "relay/codec/vp9.h"

#include "tests/fuzz/invariant.h"

using namespace strata::relay;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> payload(data, size);
    PacketInfo info;
    if (!parse_vp9(payload, info)) return 0;
    const Vp9Info& vp9 = info.vp9;
    INVARIANT(info.descriptor_size <= size);
    INVARIANT(vp9.picture_id < (1 << vp9.picture_id_bits));
    INVARIANT(vp9.picture_id_offset < info.descriptor_size);
    INVARIANT(vp9.p_diff_count <= vp9.p_diff.size());
    INVARIANT(info.spatial_id <= 7 && info.temporal_id <= 7);
    Vp9Structure structure;
    INVARIANT(read_vp9_structure(payload, vp9, structure) == vp9.has_structure);
    if (!vp9.has_structure) return 0;
    INVARIANT(structure.spatial_layers == vp9.spatial_layers);
    for (std::size_t i = 0; i < structure.picture_count; ++i)
        INVARIANT(structure.pictures[i].reference_count <= 3);
    return 0;
}

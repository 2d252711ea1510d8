#include "relay/svc/target_map.h"

#include <gtest/gtest.h>

#include <vector>

namespace strata::relay {
namespace {

// One template for each (spatial, temporal) below the limits, one decode target for each too.
// `present(s, S)`: whether frames of layer s are in targets of layer S outside key pictures.
template <typename Present>
DependencyStructure make_structure(int spatial, int temporal, Present present) {
    DependencyStructure structure;
    structure.decode_target_count = static_cast<std::uint8_t>(spatial * temporal);
    structure.chain_count = static_cast<std::uint8_t>(spatial);
    structure.max_spatial_id = static_cast<SpatialId>(spatial - 1);
    structure.max_temporal_id = static_cast<TemporalId>(temporal - 1);
    for (int s = 0; s < spatial; ++s)
        for (int t = 0; t < temporal; ++t) {
            const auto target = static_cast<std::size_t>(s * temporal + t);
            structure.target_spatial_id[target] = static_cast<SpatialId>(s);
            structure.target_temporal_id[target] = static_cast<TemporalId>(t);
            structure.protected_by[target] = static_cast<std::uint8_t>(s);
            FrameDependencies& frame = structure.templates[structure.template_count++];
            frame.spatial_id = static_cast<SpatialId>(s);
            frame.temporal_id = static_cast<TemporalId>(t);
            for (int top = 0; top < spatial; ++top)
                for (int rate = t; rate < temporal; ++rate)
                    if (present(s, top))
                        frame.dtis[static_cast<std::size_t>(top * temporal + rate)] =
                            Dti::switch_point;
        }
    return structure;
}

const auto kFull = [](int s, int top) { return s <= top; };
const auto kSame = [](int s, int top) { return s == top; };

TEST(TargetMap, EachPairMeansTheHighestTargetNotAboveIt) {
    const TargetMap map = make_target_map(make_structure(2, 2, kFull));
    EXPECT_EQ(map.target[layer_index(0, 0)], 0);
    EXPECT_EQ(map.target[layer_index(0, 3)], 1);
    EXPECT_EQ(map.target[layer_index(1, 0)], 2);
    EXPECT_EQ(map.target[layer_index(3, 3)], 3);
    EXPECT_EQ(map.spatial[layer_index(3, 3)], 1);
    EXPECT_EQ(map.chain[layer_index(3, 3)], 1);
}

TEST(TargetMap, ContainedTargetsAreThoseForwardedWhole) {  // C11
    const TargetMap full = make_target_map(make_structure(2, 2, kFull));
    EXPECT_EQ(full.contained[layer_index(1, 1)], 0xfu);
    EXPECT_EQ(full.contained[layer_index(1, 0)], 0x5u);
    EXPECT_EQ(full.contained[layer_index(0, 1)], 0x3u);
    const TargetMap separate = make_target_map(make_structure(2, 2, kSame));
    EXPECT_EQ(separate.contained[layer_index(1, 1)], 0xcu);
}

TEST(TargetMap, TheModeIsReadFromTheTemplates) {  // C3, C15a
    EXPECT_EQ(spatial_mode(make_structure(3, 3, kFull)), SpatialMode::full);
    EXPECT_EQ(spatial_mode(make_structure(3, 3, kSame)), SpatialMode::none);
    EXPECT_EQ(spatial_mode(make_structure(1, 3, kFull)), SpatialMode::full);
    DependencyStructure key = make_structure(2, 1, kSame);
    FrameDependencies& frame = key.templates[key.template_count++];  // layer 0 of key pictures
    frame.dtis[0] = frame.dtis[1] = Dti::switch_point;
    EXPECT_EQ(spatial_mode(key), SpatialMode::key);
}

}  // namespace
}  // namespace strata::relay

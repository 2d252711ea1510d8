#include "relay/svc/h264_layers.h"

#include <gtest/gtest.h>

namespace strata::relay {
namespace {

H264Info layer(std::uint8_t dependency, std::uint8_t quality) {
    H264Info info;
    info.has_svc_header = info.starts_nal = true;
    info.dependency_id = dependency;
    info.quality_id = quality;
    return info;
}

TEST(H264Layers, DependencyIdsWithoutQualityLayers) {  // C13
    H264Layers layers;
    for (std::uint8_t d = 0; d < 3; ++d)
        EXPECT_EQ(layers.spatial_of(d, layer(d, 0), true), SpatialId{d});
    EXPECT_EQ(layers.spatial_of(9, layer(7, 0), true), SpatialId{3}) << "no more are told apart";
}

TEST(H264Layers, QualityLayersComeBetweenDependencyIds) {  // C13
    H264Layers layers;
    EXPECT_EQ(layers.spatial_of(1, layer(0, 0), true), SpatialId{0});
    EXPECT_EQ(layers.spatial_of(2, layer(0, 1), true), SpatialId{1});
    EXPECT_EQ(layers.spatial_of(3, layer(1, 0), true), SpatialId{2});
    EXPECT_EQ(layers.spatial_of(4, layer(1, 1), true), SpatialId{3});
    EXPECT_EQ(layers.spatial_of(5, layer(0, 0), false), SpatialId{0});
    EXPECT_EQ(layers.spatial_of(6, layer(1, 0), false), SpatialId{2});
}

TEST(H264Layers, NewQualityLayersCountFromAKeyPictureOn) {
    H264Layers layers;
    EXPECT_EQ(layers.spatial_of(1, layer(1, 0), true), SpatialId{1});
    EXPECT_EQ(layers.spatial_of(2, layer(0, 1), false), SpatialId{0});
    EXPECT_EQ(layers.spatial_of(3, layer(1, 0), false), SpatialId{1})
        << "groups stay what they are";
    layers.spatial_of(4, layer(0, 1), true);
    EXPECT_EQ(layers.spatial_of(5, layer(1, 0), true), SpatialId{2});
}

TEST(H264Layers, FragmentsFollowThePacketBefore) {
    H264Layers layers;
    H264Info middle;
    middle.vcl = middle.extension = true;
    layers.spatial_of(1, layer(2, 0), false);
    EXPECT_EQ(layers.spatial_of(2, middle, false), SpatialId{2});
    EXPECT_EQ(layers.spatial_of(3, middle, false), SpatialId{2});
    EXPECT_EQ(layers.spatial_of(5, middle, false), std::nullopt) << "4 is missing";
    middle.extension = false;
    EXPECT_EQ(layers.spatial_of(7, middle, false), SpatialId{0}) << "a base slice";
}

TEST(H264Layers, ALayerEndsWhereItsOnlySliceEnds) {  // C5
    H264Layers layers;
    H264Info slice = layer(0, 0);
    layers.spatial_of(1, slice, true);
    EXPECT_FALSE(layers.ends_layer(slice)) << "only a prefix";
    slice.vcl = slice.first_slice = true;
    EXPECT_FALSE(layers.ends_layer(slice)) << "the first fragment of several";
    H264Info fragment;
    fragment.vcl = fragment.ends_nal = true;
    EXPECT_TRUE(layers.ends_layer(fragment));
    slice.first_slice = false;
    slice.ends_nal = true;
    EXPECT_FALSE(layers.ends_layer(slice)) << "a second slice: there may be more";
    slice.first_slice = true;
    EXPECT_FALSE(layers.ends_layer(slice));
    slice.pacsi = slice.layer_ends = true;
    EXPECT_TRUE(layers.ends_layer(slice)) << "said so";
}

TEST(H264Layers, RemembersWhetherTemporalLayersAreNested) {
    H264Layers layers;
    EXPECT_FALSE(layers.nested() || layers.told());
    H264Info info = layer(0, 0);
    info.scalability_info = info.temporal_nesting = true;
    layers.read_scalability(info);
    layers.spatial_of(1, info, true);
    EXPECT_TRUE(layers.nested() && layers.told());
    layers.read_scalability(layer(0, 0));
    EXPECT_TRUE(layers.nested()) << "nothing new was said";
}

}  // namespace
}  // namespace strata::relay

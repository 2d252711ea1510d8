#include "relay/svc/h264_layers.h"

#include <gtest/gtest.h>

#include <vector>

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

// Slices of a base layer without PACSI, each a packet; `ends` says of each whether the picture
// ends.
class SlicesWithoutPacsi : public testing::Test {
  protected:
    std::vector<bool> ends(std::vector<std::uint32_t> begins, bool key = false) {
        ++picture_;
        std::vector<bool> out;
        for (const std::uint32_t begin : begins) {
            H264Info slice = layer(0, 0);
            slice.vcl = slice.ends_nal = true;
            layers_.spatial_of(++n_, slice, key);
            out.push_back(layers_.ends_layer({n_, picture_, 0, key, begin}, slice));
        }
        return out;
    }
    using Ends = std::vector<bool>;

    H264Layers layers_;
    std::int64_t n_ = 0, picture_ = 0;
};

TEST_F(SlicesWithoutPacsi, ALayerEndsWhereItsOnlySliceEnds) {  // C5
    H264Info slice = layer(0, 0);
    layers_.spatial_of(1, slice, true);
    EXPECT_FALSE(layers_.ends_layer({1, 1, 0, true, {}}, slice)) << "only a prefix";
    slice.vcl = true;
    layers_.spatial_of(2, slice, true);
    EXPECT_FALSE(layers_.ends_layer({2, 1, 0, true, 0}, slice)) << "the first fragment of several";
    H264Info fragment;
    fragment.vcl = true;
    layers_.spatial_of(3, fragment, true);
    EXPECT_FALSE(layers_.ends_layer({3, 1, 0, true, {}}, fragment));
    fragment.ends_nal = true;
    layers_.spatial_of(4, fragment, true);
    EXPECT_TRUE(layers_.ends_layer({4, 1, 0, true, {}}, fragment));
    layers_.spatial_of(6, fragment, true);
    EXPECT_FALSE(layers_.ends_layer({6, 1, 0, true, {}}, fragment)) << "of which slice?";
}

TEST_F(SlicesWithoutPacsi, AFixedNumberOfSlicesIsKnownFromTheSecondPictureOn) {  // C5
    EXPECT_EQ(ends({0, 40, 80}, true), (Ends{true, false, false})) << "nobody knows yet";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ends({0, 40, 80}), (Ends{false, false, true}));
    EXPECT_EQ(ends({0, 40, 80}, true), (Ends{false, false, true}));
}

TEST_F(SlicesWithoutPacsi, KeyPicturesMayHaveMoreOfThem) {
    ends({0, 40, 80}, true);
    EXPECT_EQ(ends({0}), (Ends{false})) << "expected to be like the key picture";
    EXPECT_EQ(ends({0}), (Ends{true}));
    EXPECT_EQ(ends({0, 40, 80}, true), (Ends{false, false, true}));
    EXPECT_EQ(ends({0}), (Ends{true}));
}

TEST_F(SlicesWithoutPacsi, ALostLastSliceTeachesNothing) {
    ends({0, 40, 80}, true);
    ends({0, 40, 80});
    EXPECT_EQ(ends({0, 40}), (Ends{false, false}));
    EXPECT_EQ(ends({0, 40, 80}), (Ends{false, false, true}));
    ends({0, 40});
    EXPECT_EQ(ends({0, 40}), (Ends{false, false}));
    EXPECT_EQ(ends({0, 40}), (Ends{false, true})) << "twice in a row: it has changed";
}

TEST(H264Layers, PacsiSaysWhereALayerEnds) {  // C5
    H264Layers layers;
    H264Info slice = layer(0, 0);
    slice.vcl = slice.ends_nal = slice.pacsi = true;
    layers.spatial_of(1, slice, true);
    EXPECT_FALSE(layers.ends_layer({1, 1, 0, true, {}}, slice));
    slice.layer_ends = true;
    layers.spatial_of(2, slice, true);
    EXPECT_TRUE(layers.ends_layer({2, 1, 0, true, {}}, slice));
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

#include "relay/codec/vp9.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/hex_bytes.h"

namespace strata::relay::vp9_test {
namespace {

struct Parsed {
    bool ok;
    PacketInfo info;
};
Parsed parse(std::string_view hex) {
    Parsed parsed;
    parsed.ok = parse_vp9(hex_bytes(hex), parsed.info);
    return parsed;
}

TEST(Vp9, FlexibleMode) {  // B1
    // I P L F E, 15-bit id, tid 1 U sid 2 D, two P_DIFFs.
    const auto [ok, info] = parse("f4 8123 35 07 0c ff");
    ASSERT_TRUE(ok);
    EXPECT_EQ(info.descriptor_size, 6);
    EXPECT_EQ(info.vp9.picture_id, 0x123);
    EXPECT_EQ(info.vp9.picture_id_bits, 15);
    EXPECT_EQ(info.vp9.picture_id_offset, 1);
    EXPECT_EQ(info.temporal_id, 1);
    EXPECT_EQ(info.spatial_id, 2);
    EXPECT_TRUE(info.vp9.switching_up_point && info.vp9.inter_layer_dependency);
    EXPECT_FALSE(info.vp9.has_tl0_pic_idx);
    ASSERT_EQ(info.vp9.p_diff_count, 2);
    EXPECT_EQ(info.vp9.p_diff[0], 3);
    EXPECT_EQ(info.vp9.p_diff[1], 6);
    EXPECT_TRUE(info.ends_frame);
    EXPECT_FALSE(info.starts_frame || info.key_frame);
}

TEST(Vp9, NonFlexibleMode) {
    const auto [ok, info] = parse("e9 7e 40 5a ff");
    ASSERT_TRUE(ok);
    EXPECT_EQ(info.descriptor_size, 4);
    EXPECT_EQ(info.vp9.picture_id, 0x7E);
    EXPECT_EQ(info.vp9.picture_id_bits, 7);
    EXPECT_TRUE(info.vp9.has_tl0_pic_idx);
    EXPECT_EQ(info.vp9.tl0_pic_idx, 0x5A);
    EXPECT_EQ(info.vp9.tl0_pic_idx_offset, 3);
    EXPECT_EQ(info.temporal_id, 2);
    EXPECT_TRUE(info.vp9.not_for_inter_layer);
    EXPECT_EQ(info.vp9.p_diff_count, 0) << "P without F has none";
}

TEST(Vp9, ScalabilityStructure) {
    // Key frame with N_S = 2, sizes, and a group of two pictures.
    const auto bytes =
        hex_bytes("ba 8001 00 58 0140 00b4 0280 0168 0500 02d0 02 04 01 58 03 02 83");
    PacketInfo info;
    EXPECT_FALSE(parse_vp9(std::span(bytes).first(20), info)) << "group of frames cut";
    info = PacketInfo{};
    ASSERT_TRUE(parse_vp9(bytes, info));
    EXPECT_TRUE(info.key_frame && info.starts_frame);
    EXPECT_EQ(info.vp9.spatial_layers, 3);
    EXPECT_EQ(info.vp9.structure_offset, 4);
    EXPECT_EQ(info.vp9.width[2], 1280);
    EXPECT_EQ(info.vp9.height[0], 180);
    EXPECT_TRUE(info.vp9.has_gof);
    EXPECT_EQ(info.descriptor_size, 23);

    Vp9Structure structure;
    ASSERT_TRUE(read_vp9_structure(bytes, info.vp9, structure));
    EXPECT_EQ(structure.spatial_layers, 3);
    EXPECT_EQ(structure.height[1], 360);
    ASSERT_EQ(structure.picture_count, 2);
    EXPECT_EQ(structure.pictures[0].reference_count, 1);
    EXPECT_EQ(structure.pictures[0].p_diff[0], 1);
    EXPECT_EQ(structure.pictures[1].temporal_id, 2);
    EXPECT_TRUE(structure.pictures[1].switching_up_point);
    EXPECT_EQ(structure.pictures[1].reference_count, 2);
    EXPECT_EQ(structure.pictures[1].p_diff[1], 2);
}

TEST(Vp9, KeyFrames) {
    EXPECT_TRUE(parse("b8 8001 00 ff").info.key_frame);
    EXPECT_TRUE(parse("b8 8001 02 ff").info.key_frame) << "S-mode: S1 without references";
    EXPECT_FALSE(parse("b8 8001 03 ff").info.key_frame) << "D: builds on the layer below";
    EXPECT_FALSE(parse("b0 8001 00 ff").info.key_frame) << "not its first packet";
}

TEST(Vp9, FourPDiffsAreMalformed) {  // C51
    EXPECT_TRUE(parse("f0 8123 35 03 03 02").ok);
    EXPECT_FALSE(parse("f0 8123 35 03 03 03 02").ok);
}

TEST(Vp9, Truncated) {  // C51
    EXPECT_FALSE(parse("").ok);
    EXPECT_FALSE(parse("80").ok);
    EXPECT_FALSE(parse("80 80").ok);
    EXPECT_FALSE(parse("a0 00 00").ok) << "TL0PICIDX";
    EXPECT_TRUE(parse("b0 00 00").ok);
    EXPECT_FALSE(parse("f0 00 00").ok) << "P_DIFF";
    EXPECT_TRUE(parse("00").ok);
}

TEST(Vp9, HostileBytes) {  // C51
    const auto sample =
        hex_bytes("fa 8001 00 07 0c 58 0140 00b4 0280 0168 0500 02d0 02 04 01 58 03 02 83");
    for_each_mutation(sample, [](const auto& bytes) {
        PacketInfo info;
        if (!parse_vp9(bytes, info)) return;
        EXPECT_LE(info.descriptor_size, bytes.size());
        Vp9Structure structure;
        EXPECT_EQ(read_vp9_structure(bytes, info.vp9, structure), info.vp9.has_structure);
    });
}

}  // namespace
}  // namespace strata::relay::vp9_test

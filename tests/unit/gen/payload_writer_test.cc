#include "bench/generator/payload_writer.h"

#include <gtest/gtest.h>

#include <array>

#include "relay/codec/av1.h"
#include "relay/codec/h264.h"
#include "relay/codec/vp8.h"
#include "relay/codec/vp9.h"

// What is written is read by the relay's parsers, which know nothing of the writer.
namespace strata::gen {
namespace {

using relay::PacketInfo;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kBody = 40;

struct PayloadWriterTest : testing::Test {
    PayloadWriterTest() {
        profile.mode = {3, 3, LayerPrediction::full};
        profile.layers = {{.rid = "q", .width = 320, .height = 180, .kbps = 100},
                          {.rid = "h", .width = 640, .height = 360, .kbps = 300},
                          {.rid = "f", .width = 16'383, .height = 1, .kbps = 900}};
    }
    static LayerFrame frame(std::uint8_t spatial, std::uint8_t temporal, bool key) {
        LayerFrame out;
        out.spatial_id = spatial;
        out.temporal_id = temporal;
        out.key_picture = key;
        return out;
    }
    // The payload of packet `number` of `count`.
    Bytes payload(const LayerFrame& f, std::size_t number, std::size_t count, PayloadContext c = {},
                  std::uint8_t encoding = 0) const {
        c.frame = &f;
        c.packet = number;
        c.first_packet = number == 0;
        c.last_packet = number + 1 == count;
        c.body_bytes = kBody;
        Bytes bytes = PayloadWriter(profile).header(c, encoding);
        bytes.resize(bytes.size() + kBody, 0xaa);
        return bytes;
    }

    Profile profile;
};

TEST_F(PayloadWriterTest, Vp8SaysItsLayersAndCountersAtTheirBounds) {
    profile.codec = relay::Codec::vp8;
    for (const auto picture_id : std::to_array<std::uint16_t>({0, 127, 128, 0x7fff})) {
        LayerFrame f = frame(0, 2, false);
        f.from_base = true;
        PacketInfo info;
        ASSERT_TRUE(relay::parse_vp8(
            payload(f, 0, 2, {.picture_id = picture_id, .tl0_pic_idx = 255, .key_idx = 255}), false,
            info));
        EXPECT_EQ(info.vp8.picture_id, picture_id);
        EXPECT_EQ(info.vp8.picture_id_bits, 15);
        EXPECT_EQ(info.vp8.tl0_pic_idx, 255);
        EXPECT_EQ(info.vp8.key_idx, 31);
        EXPECT_EQ(info.temporal_id, 2);
        EXPECT_TRUE(info.vp8.layer_sync);
        EXPECT_TRUE(info.vp8.non_reference) << "nothing refers to the highest temporal layer";
        EXPECT_TRUE(info.starts_frame);
        EXPECT_FALSE(info.key_frame);
    }
    PacketInfo rest;
    ASSERT_TRUE(relay::parse_vp8(payload(frame(0, 1, false), 1, 2), false, rest));
    EXPECT_FALSE(rest.starts_frame || rest.vp8.layer_sync || rest.vp8.non_reference);
}

TEST_F(PayloadWriterTest, Vp8KeyFramesHaveTheSizeOfTheirEncoding) {
    profile.codec = relay::Codec::vp8;
    profile.simulcast = true;
    for (std::uint8_t encoding = 0; encoding < 3; ++encoding) {
        const Bytes bytes = payload(frame(0, 0, true), 0, 1, {}, encoding);
        PacketInfo info;
        ASSERT_TRUE(relay::parse_vp8(bytes, false, info));
        EXPECT_TRUE(info.key_frame);
        // RFC 6386 section 9.1: 14 bits of each side behind the start code.
        const std::size_t at = bytes.size() - kBody - 4;
        EXPECT_EQ(bytes[at] | bytes[at + 1] << 8, profile.layers[encoding].width);
        EXPECT_EQ(bytes[at + 2] | bytes[at + 3] << 8, profile.layers[encoding].height);
    }
    // B9: with the dependency descriptor there is no other.
    profile.descriptor = true;
    PacketInfo info;
    ASSERT_TRUE(relay::parse_vp8(payload(frame(0, 0, true), 0, 1), false, info));
    EXPECT_EQ(info.vp8.picture_id_bits, 0);
    EXPECT_TRUE(info.key_frame);
}

TEST_F(PayloadWriterTest, Vp9FlexibleNamesItsReferences) {
    profile.codec = relay::Codec::vp9;
    LayerFrame f = frame(2, 1, false);
    f.picture_diffs = {1, 3, 127};
    f.inter_layer = true;
    f.used_by_next_layer = false;
    PacketInfo info;
    ASSERT_TRUE(relay::parse_vp9(payload(f, 0, 2, {.picture_id = 0x7fff}), info));
    EXPECT_TRUE(info.vp9.flexible && info.vp9.inter_picture_predicted);
    EXPECT_TRUE(info.vp9.begin_of_frame && !info.vp9.end_of_frame);
    EXPECT_TRUE(info.vp9.inter_layer_dependency && info.vp9.not_for_inter_layer);
    EXPECT_EQ(info.vp9.p_diff_count, 3);
    EXPECT_EQ(info.vp9.p_diff, (std::array<std::uint8_t, 3>{1, 3, 127}));
    EXPECT_EQ(info.vp9.picture_id, 0x7fff);
    EXPECT_EQ(info.spatial_id, 2);
    EXPECT_EQ(info.temporal_id, 1);
    EXPECT_FALSE(info.vp9.has_structure || info.vp9.has_tl0_pic_idx);
    ASSERT_TRUE(relay::parse_vp9(payload(f, 1, 2), info = {}));
    EXPECT_TRUE(info.vp9.end_of_frame && !info.vp9.begin_of_frame);
    EXPECT_EQ(info.vp9.p_diff_count, 3) << "in each packet of the frame";
}

TEST_F(PayloadWriterTest, Vp9StructureStandsOnlyBeforeAKeyPicture) {
    profile.codec = relay::Codec::vp9;
    for (const bool flexible : {true, false}) {
        profile.flexible = flexible;
        const Bytes bytes = payload(frame(0, 0, true), 0, 2, {.tl0_pic_idx = 255});
        PacketInfo info;
        ASSERT_TRUE(relay::parse_vp9(bytes, info));
        relay::Vp9Structure structure;
        ASSERT_TRUE(relay::read_vp9_structure(bytes, info.vp9, structure));
        EXPECT_EQ(structure.spatial_layers, 3);
        EXPECT_EQ(structure.width[2], 16'383);
        EXPECT_EQ(structure.height[2], 1);
        EXPECT_EQ(structure.picture_count, flexible ? 0 : 4);
        EXPECT_EQ(info.vp9.has_tl0_pic_idx, !flexible);
        EXPECT_EQ(info.descriptor_size + kBody, bytes.size());
        ASSERT_TRUE(relay::parse_vp9(payload(frame(0, 0, true), 1, 2), info = {}));
        EXPECT_FALSE(info.vp9.has_structure) << "not in the frame's other packets";
        LayerFrame above = frame(1, 0, true);
        above.fdiffs = {1};
        ASSERT_TRUE(relay::parse_vp9(payload(above, 0, 1), info = {}));
        EXPECT_FALSE(info.vp9.has_structure) << "not in front of the layers above";
    }
}

// The group of frames says what the pictures do: T 0 2 1 2, each referring to the last one below.
TEST_F(PayloadWriterTest, Vp9GroupsRepeatThePattern) {
    profile.codec = relay::Codec::vp9;
    profile.flexible = false;
    for (const auto temporal : std::to_array<std::uint8_t>({1, 2, 3})) {
        profile.mode = {1, temporal, LayerPrediction::full};
        const Bytes bytes = payload(frame(0, 0, true), 0, 1);
        PacketInfo info;
        relay::Vp9Structure structure;
        ASSERT_TRUE(relay::parse_vp9(bytes, info));
        ASSERT_TRUE(relay::read_vp9_structure(bytes, info.vp9, structure));
        ASSERT_EQ(structure.picture_count, 1 << (temporal - 1));
        EXPECT_EQ(structure.spatial_layers, 1);
        FrameSequence sequence(profile.mode);
        std::int64_t number = 0;
        for (int i = 0; i < 3 * structure.picture_count; ++i) {
            const LayerFrame now = sequence.next_picture(i == 0, number).front();
            const relay::Vp9GofPicture& told =
                structure.pictures[static_cast<std::size_t>(i) % structure.picture_count];
            EXPECT_EQ(told.temporal_id, now.temporal_id) << i;
            if (i == 0) continue;  // the key picture refers to nothing
            ASSERT_EQ(told.reference_count, now.picture_diffs.size()) << i;
            EXPECT_EQ(told.p_diff[0], now.picture_diffs[0]) << int{temporal} << ": " << i;
        }
    }
}

TEST_F(PayloadWriterTest, Av1FragmentsSayWhereTheyBelong) {
    profile.codec = relay::Codec::av1;
    for (std::size_t i = 0; i < 3; ++i) {
        PacketInfo info;
        ASSERT_TRUE(relay::parse_av1(payload(frame(0, 0, true), i, 3), false, info));
        EXPECT_EQ(info.av1.continues_obu, i != 0);
        EXPECT_EQ(info.av1.obu_continues, i != 2);
        EXPECT_EQ(info.av1.new_coded_sequence, i == 0);
        EXPECT_EQ(info.av1.obu_count, 1);
    }
    PacketInfo above;
    ASSERT_TRUE(relay::parse_av1(payload(frame(1, 0, true), 0, 1), false, above));
    EXPECT_FALSE(above.av1.new_coded_sequence || above.av1.continues_obu ||
                 above.av1.obu_continues);
}

TEST_F(PayloadWriterTest, H264FragmentsAndWholeSlices) {
    profile.codec = relay::Codec::h264;
    PacketInfo info;
    ASSERT_TRUE(relay::parse_h264(payload(frame(0, 0, true), 0, 1), false, info));
    EXPECT_TRUE(info.h264.idr && info.h264.starts_nal && info.h264.ends_nal && info.h264.reference);
    for (std::size_t i = 0; i < 3; ++i) {
        ASSERT_TRUE(relay::parse_h264(payload(frame(0, 2, false), i, 3), false, info = {}));
        EXPECT_EQ(info.h264.starts_nal, i == 0);
        EXPECT_EQ(info.h264.ends_nal, i == 2);
        EXPECT_FALSE(info.h264.reference) << "nothing refers to the highest temporal layer";
    }
    const PayloadWriter writer(profile);
    ASSERT_TRUE(relay::parse_h264(writer.leading(frame(0, 0, true), 3), false, info = {}));
    EXPECT_TRUE(info.h264.sps && info.h264.pps && !info.h264.vcl);
    EXPECT_TRUE(writer.leading(frame(0, 0, false), 3).empty());
    profile.codec = relay::Codec::av1;
    EXPECT_TRUE(writer.leading(frame(0, 0, true), 3).empty());
}

TEST_F(PayloadWriterTest, OpusHasOneByteInFrontOfItsFrame) {
    profile.codec = relay::Codec::opus;
    EXPECT_EQ(payload(frame(0, 0, false), 0, 1).size(), 1 + kBody);
}

}  // namespace
}  // namespace strata::gen

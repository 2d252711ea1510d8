#include "relay/codec/vp8.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/hex_bytes.h"

namespace strata::relay::vp8_test {
namespace {

struct Parsed {
    bool ok;
    PacketInfo info;
};
Parsed parse(std::string_view hex, bool encrypted = false, bool marker = false) {
    Parsed parsed;
    parsed.info.marker = marker;
    parsed.ok = parse_vp8(hex_bytes(hex), encrypted, parsed.info);
    return parsed;
}

TEST(Vp8, WithoutExtension) {  // B9: what remains beside a dependency descriptor
    const auto [ok, info] = parse("10 01");
    ASSERT_TRUE(ok);
    EXPECT_EQ(info.descriptor_size, 1);
    EXPECT_TRUE(info.starts_frame);
    EXPECT_FALSE(info.ends_frame || info.key_frame);
    EXPECT_EQ(info.vp8.picture_id, -1);
}

TEST(Vp8, EverythingThere) {
    // X S N, I L T K, 15-bit picture id, tl0 0x3c, tid 2, y, keyidx 0x15; key frame 1280x720.
    const auto [ok, info] = parse("b0 f0 9234 3c b5 10 0203 9d012a 0045 d042", false, true);
    ASSERT_TRUE(ok);
    EXPECT_EQ(info.descriptor_size, 6);
    EXPECT_TRUE(info.vp8.non_reference);
    EXPECT_EQ(info.vp8.picture_id, 0x1234);
    EXPECT_EQ(info.vp8.picture_id_bits, 15);
    EXPECT_EQ(info.vp8.picture_id_offset, 2);
    EXPECT_EQ(info.vp8.tl0_pic_idx, 0x3C);
    EXPECT_EQ(info.vp8.tl0_pic_idx_offset, 4);
    EXPECT_EQ(info.vp8.tid_key_idx_offset, 5);
    EXPECT_EQ(info.temporal_id, 2);
    EXPECT_TRUE(info.vp8.layer_sync);
    EXPECT_EQ(info.vp8.key_idx, 0x15);
    EXPECT_TRUE(info.key_frame && info.starts_frame && info.ends_frame);
    EXPECT_EQ(info.vp8.width, 1280) << "without the scale bits";
    EXPECT_EQ(info.vp8.height, 720);
}

TEST(Vp8, SevenBitPictureIdAndNoTid) {
    const auto [ok, info] = parse("80 90 7f e1 00");
    ASSERT_TRUE(ok);
    EXPECT_EQ(info.vp8.picture_id, 0x7F);
    EXPECT_EQ(info.vp8.picture_id_bits, 7);
    EXPECT_FALSE(info.vp8.has_tid);
    EXPECT_TRUE(info.vp8.has_key_idx);
    EXPECT_EQ(info.temporal_id, 0) << "TID without T means nothing";
    EXPECT_FALSE(info.vp8.layer_sync);
    EXPECT_EQ(info.vp8.key_idx, 1);
    EXPECT_FALSE(info.starts_frame);
}

TEST(Vp8, OnlyTheFirstPartitionStarts) {
    EXPECT_TRUE(parse("10 00").info.key_frame);
    EXPECT_FALSE(parse("11 00").info.starts_frame) << "PID 1";
    EXPECT_FALSE(parse("00 00").info.key_frame) << "S=0";
}

TEST(Vp8, EncryptedPayloadIsNotRead) {  // C48
    const auto [ok, info] = parse("90 80 05 00 0203 9d012a 0005 d002", true);
    ASSERT_TRUE(ok);
    EXPECT_TRUE(info.starts_frame);
    EXPECT_FALSE(info.key_frame);
    EXPECT_EQ(info.vp8.picture_id, 5);
    EXPECT_EQ(info.vp8.width, 0);
}

TEST(Vp8, Truncated) {  // C51
    EXPECT_FALSE(parse("").ok);
    EXPECT_FALSE(parse("80").ok);
    EXPECT_FALSE(parse("80 80").ok);
    EXPECT_FALSE(parse("80 80 81").ok);
    EXPECT_FALSE(parse("80 c0 01").ok);
    EXPECT_FALSE(parse("80 e0 01 02").ok);
    EXPECT_TRUE(parse("80 e0 01 02 03").ok);
    EXPECT_TRUE(parse("10 00 0203 9d012a 00").info.key_frame);
}

TEST(Vp8, HostileBytes) {  // C51
    for_each_mutation(hex_bytes("b0f092343cb5 100203 9d012a0045d042"), [](const auto& bytes) {
        PacketInfo info;
        if (parse_vp8(bytes, false, info)) {
            EXPECT_LE(info.descriptor_size, bytes.size());
        }
    });
}

}  // namespace
}  // namespace strata::relay::vp8_test

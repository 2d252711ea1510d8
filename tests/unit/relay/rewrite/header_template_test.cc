#include "relay/rewrite/header_template.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace strata::relay {
namespace {

std::vector<std::uint8_t> written(HeaderTemplate t, const ReceiverOffsets& r) {
    const bool others = t.tl0_pic_idx_at != 0 || t.key_idx_at != 0;
    const std::uint8_t bits = t.picture_id_at != 0 ? t.picture_id_bits : std::uint8_t{0};
    t.patch = patch_of(t, picture_patch(bits, others));
    std::vector<std::uint8_t> out(HeaderTemplate::kMaxSize, 0xcc);
    write_header(t, r, out.data());
    out.resize(t.size);
    return out;
}

HeaderTemplate numbered(std::uint16_t size) {
    HeaderTemplate t;
    t.size = size;
    for (std::size_t i = 0; i < size; ++i) t.bytes[i] = static_cast<std::uint8_t>(i);
    return t;
}

TEST(WriteHeader, PatchesTheFixedHeaderAndCopiesTheRestAtEverySize) {
    for (std::uint16_t size = 12; size <= HeaderTemplate::kMaxSize; ++size) {
        HeaderTemplate t = numbered(size);
        t.sequence = 0xfffe;
        t.timestamp = 0xffff'fff0;
        const auto out = written(t, {.ssrc = 0x01020304, .timestamp = 0x20, .sequence = 3});
        const std::vector<std::uint8_t> head{0, 1, 0, 1, 0, 0, 0, 0x10, 1, 2, 3, 4};
        ASSERT_TRUE(std::equal(head.begin(), head.end(), out.begin()));  // C24: both wrapped
        for (std::size_t i = 12; i < size; ++i) ASSERT_EQ(out[i], static_cast<std::uint8_t>(i));
    }
}

TEST(WriteHeader, MovesFrameNumberAndTemplateIdsTogether) {  // C10
    HeaderTemplate t = numbered(40);
    t.descriptor_at = 20;
    t.template_byte = 0x80 | 62;
    t.frame_number = 0xffff;
    t.has_structure = true;
    t.structure_id_offset = 61;
    t.bytes[23] = 0xf8 | (61 >> 3);
    t.bytes[24] = ((61 & 7) << 5) | 0x15;
    const auto out = written(t, {.frame_number = 2, .template_id_shift = 5});
    EXPECT_EQ(out[20], 0x80 | 3);
    EXPECT_EQ(out[21], 0);
    EXPECT_EQ(out[22], 1);
    EXPECT_EQ(out[23], 0xf8) << "61 + 5 is 2, modulo 64";
    EXPECT_EQ(out[24], (2 << 5) | 0x15);
    EXPECT_EQ(out[25], 25);
}

TEST(WriteHeader, PictureIdKeepsItsWidth) {  // C23
    HeaderTemplate t = numbered(20);
    t.picture_id_at = 14;
    t.picture_id = 0x7fff;
    t.picture_id_bits = 15;
    auto out = written(t, {.picture_id = 1});
    EXPECT_EQ(out[14], 0x80);
    EXPECT_EQ(out[15], 0);
    t.picture_id_bits = 7;
    t.picture_id = 0x7f;
    out = written(t, {.picture_id = 3});
    EXPECT_EQ(out[14], 2);
    EXPECT_EQ(out[15], 15) << "only one byte";
}

TEST(WriteHeader, Tl0PicIdxAndKeyIdxWrap) {
    HeaderTemplate t = numbered(20);
    t.tl0_pic_idx_at = 16;
    t.tl0_pic_idx = 250;
    t.key_idx_at = 17;
    t.key_idx_byte = 0xa0 | 30;  // TID 2, Y, KEYIDX 30
    const auto out = written(t, {.tl0_pic_idx = 10, .key_idx = 4});
    EXPECT_EQ(out[16], 4);
    EXPECT_EQ(out[17], 0xa0 | 2);
    EXPECT_EQ(out[18], 18);
    EXPECT_EQ(out[19], 19);
}

TEST(WriteHeader, EveryKindOfPatchWritesWhatTheGeneralOneWrites) {
    for (int fields = 0; fields < 16; ++fields)
        for (const int bytes : {24, 64, 319, 320}) {
            const auto size = static_cast<std::uint16_t>(bytes);
            HeaderTemplate t = numbered(size);
            t.picture_id_bits = 15;
            if ((fields & 1) != 0) t.picture_id_at = 14;
            if ((fields & 2) != 0) t.tl0_pic_idx_at = 16;
            if ((fields & 4) != 0) t.key_idx_at = 17;
            if ((fields & 8) != 0) t.descriptor_at = 18;
            const ReceiverOffsets offsets{.ssrc = 7,
                                          .timestamp = 8,
                                          .sequence = 9,
                                          .frame_number = 10,
                                          .picture_id = 11,
                                          .tl0_pic_idx = 12,
                                          .key_idx = 13,
                                          .template_id_shift = 14};
            std::vector<std::uint8_t> general(HeaderTemplate::kMaxSize);
            t.patch = HeaderPatch::any;
            write_header(t, offsets, general.data());
            general.resize(size);
            EXPECT_EQ(written(t, offsets), general) << fields << ' ' << size;
        }
}

}  // namespace
}  // namespace strata::relay

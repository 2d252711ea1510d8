#include "relay/codec/h264.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/hex_bytes.h"

namespace strata::relay::h264_test {
namespace {

struct Parsed {
    bool ok;
    PacketInfo info;
};
Parsed parse(std::string_view hex, bool encrypted = false) {
    Parsed parsed;
    parsed.ok = parse_h264(hex_bytes(hex), encrypted, parsed.info);
    return parsed;
}

TEST(H264, SingleNalUnits) {
    const auto idr = parse("65 88 84").info;
    EXPECT_TRUE(idr.h264.idr && idr.h264.vcl && idr.h264.first_slice);
    EXPECT_TRUE(idr.key_frame && idr.starts_frame) << "IDR without SPS in-band (C13)";
    const auto second_slice = parse("65 08 84").info;
    EXPECT_FALSE(second_slice.starts_frame);
    const auto delta = parse("41 9a").info;
    EXPECT_TRUE(delta.starts_frame && delta.h264.vcl);
    EXPECT_FALSE(delta.key_frame || delta.h264.idr);
    EXPECT_TRUE(parse("67 42").info.key_frame) << "SPS in a packet of its own";
    EXPECT_TRUE(parse("68 42").info.h264.pps);
    EXPECT_TRUE(parse("09 10").info.starts_frame);
    EXPECT_FALSE(parse("6a").info.starts_frame) << "end of sequence";
}

TEST(H264, StapAWithSpsPpsAndIdr) {  // C13
    const auto [ok, info] = parse("78 0003 674240 0002 68ce 0003 658884");
    ASSERT_TRUE(ok);
    EXPECT_TRUE(info.h264.sps && info.h264.pps && info.h264.idr && info.h264.first_slice);
    EXPECT_TRUE(info.key_frame && info.starts_frame);
    EXPECT_TRUE(info.h264.starts_nal && info.h264.ends_nal);
}

TEST(H264, FuA) {  // C13
    const auto first = parse("7c 85 88 80").info;
    EXPECT_TRUE(first.key_frame && first.starts_frame && first.h264.idr);
    EXPECT_TRUE(first.h264.starts_nal);
    EXPECT_FALSE(first.h264.ends_nal);
    const auto middle = parse("7c 05 88").info;
    EXPECT_TRUE(middle.h264.idr && middle.h264.vcl);
    EXPECT_FALSE(middle.key_frame || middle.starts_frame);
    const auto last = parse("7c 45 88").info;
    EXPECT_TRUE(last.h264.ends_nal);
    EXPECT_FALSE(parse("7c c5 88").ok) << "start and end at once";
    EXPECT_FALSE(parse("7c 85").ok) << "nothing in it";
}

TEST(H264, OtherPacketizations) {
    EXPECT_TRUE(parse("79 0001 0003 674240 0003 658884").info.h264.idr) << "STAP-B";
    const auto mtap16 = parse("7a 0001 0003 01 0002 674240 0003 01 0002 658884");
    EXPECT_TRUE(mtap16.ok && mtap16.info.h264.idr && mtap16.info.h264.sps);
    const auto mtap24 = parse("7b 0001 0003 01 000002 674240");
    EXPECT_TRUE(mtap24.ok && mtap24.info.h264.sps);
    EXPECT_TRUE(parse("7d 85 0001 88").info.h264.first_slice) << "FU-B";
}

TEST(H264, SvcNalUnits) {  // C13, RFC 6190
    // NAL 20: idr_flag 0, N 0, DID 1, QID 2, TID 3, D.
    const auto slice = parse("74 80 12 68 9a").info;
    EXPECT_TRUE(slice.h264.has_svc_header && slice.h264.vcl && slice.h264.first_slice);
    EXPECT_EQ(slice.spatial_id, 1);
    EXPECT_EQ(slice.h264.quality_id, 2);
    EXPECT_EQ(slice.temporal_id, 3);
    EXPECT_TRUE(slice.h264.discardable);
    EXPECT_FALSE(slice.key_frame);
    // Prefix NAL unit in front of a base layer slice, in one packet.
    const auto base = parse("78 0004 6e c0 80 07 0003 658884").info;
    EXPECT_TRUE(base.h264.has_svc_header && base.h264.svc_idr && base.key_frame);
    EXPECT_EQ(base.spatial_id, 0);
    EXPECT_TRUE(parse("6f 53").info.h264.subset_sps);
    EXPECT_FALSE(parse("6f 53").info.key_frame);
}

TEST(H264, SvcIdrThatNeedsNoOtherLayer) {
    EXPECT_TRUE(parse("74 c0 90 07 9a").info.key_frame) << "N=1";
    EXPECT_FALSE(parse("74 c0 10 07 9a").info.key_frame) << "predicted from the layer below";
}

TEST(H264, PacsiTellsTheLowestLayers) {
    // PACSI with DID 0 TID 2, then NAL 20 with DID 1 TID 2.
    const auto [ok, info] = parse("78 0005 7e 80 00 47 00 0005 74 80 10 47 9a");
    ASSERT_TRUE(ok);
    EXPECT_EQ(info.spatial_id, 0) << "the packet can't be split";
    EXPECT_EQ(info.temporal_id, 2);
    EXPECT_TRUE(parse("7e 80 10 27").ok) << "a PACSI of its own";
}

TEST(H264, PacsiTellsWhereLayersBeginAndEnd) {  // C5, RFC 6190 section 4.9
    const auto first = parse("78 0005 7e 80 00 07 92 0005 6e 80 00 07 20 0002 6188").info;
    EXPECT_TRUE(first.h264.pacsi);
    EXPECT_TRUE(first.starts_frame && !first.ends_frame);
    const auto last = parse("78 0005 7e 80 00 07 81 0005 6e 80 00 07 20 0002 6188").info;
    EXPECT_TRUE(last.ends_frame && !last.starts_frame);
}

TEST(H264, SlicesThatNobodyRefersTo) {  // RFC 6184 section 5.3
    EXPECT_TRUE(parse("41 9a").info.h264.reference);
    EXPECT_FALSE(parse("01 9a").info.h264.reference);
    EXPECT_FALSE(parse("67 42").info.h264.reference) << "not a slice";
    EXPECT_TRUE(parse("7c 81 9a").info.h264.reference) << "FU-A with NRI 3";
    EXPECT_FALSE(parse("1c 01 9a").info.h264.reference) << "middle of one with NRI 0";
    EXPECT_TRUE(parse("7c 14 9a").info.h264.extension);
    EXPECT_FALSE(parse("7c 01 9a").info.h264.extension);
}

TEST(H264, ScalabilityInformation) {
    EXPECT_TRUE(parse("06 18 05 80 20").info.h264.temporal_nesting);
    const auto not_nested = parse("06 18 05 02 20").info;
    EXPECT_TRUE(not_nested.h264.scalability_info);
    EXPECT_FALSE(not_nested.h264.temporal_nesting);
    EXPECT_FALSE(parse("06 05 05 80 20").info.h264.scalability_info) << "another message";
    EXPECT_TRUE(parse("06 18").ok);
}

TEST(H264, FuOfAnSvcSlice) {
    const auto first = parse("7c 94 80 20 47 9a 11").info;
    EXPECT_TRUE(first.h264.has_svc_header && first.h264.first_slice);
    EXPECT_EQ(first.spatial_id, 2);
    const auto middle = parse("7c 14 80 20 47 9a").info;
    EXPECT_FALSE(middle.h264.has_svc_header) << "slice data looks like anything";
    EXPECT_TRUE(middle.h264.vcl);
}

TEST(H264, EncryptedPayloadIsNotRead) {  // C48
    const auto [ok, info] = parse("65 88 84", true);
    EXPECT_TRUE(ok);
    EXPECT_FALSE(info.key_frame || info.starts_frame || info.h264.idr);
    EXPECT_TRUE(parse("00", true).ok);
}

TEST(H264, Malformed) {  // C51
    EXPECT_FALSE(parse("").ok);
    EXPECT_FALSE(parse("00").ok);
    EXPECT_FALSE(parse("78").ok);
    EXPECT_FALSE(parse("78 00").ok);
    EXPECT_FALSE(parse("78 0000").ok);
    EXPECT_FALSE(parse("78 0002 67").ok);
    EXPECT_FALSE(parse("78 0001 67 00").ok);
    EXPECT_FALSE(parse("79 00").ok);
    EXPECT_FALSE(parse("74 80 12").ok);
    EXPECT_FALSE(parse("78 0003 74 80 12 0001 65").ok);
}

TEST(H264, HostileBytes) {  // C51
    for (const auto* hex :
         {"78 0005 7e 80 00 47 00 0005 74 80 10 47 9a 0003 658884", "7c 94 80 20 47 9a 11",
          "7a 0001 0003 01 0002 674240 0003 01 0002 658884"}) {
        for_each_mutation(hex_bytes(hex), [](const auto& bytes) {
            PacketInfo info;
            if (parse_h264(bytes, false, info)) {
                EXPECT_LE(info.spatial_id, 7);
            }
        });
    }
}

// first_mb_in_slice 0 is 1, 1 is 010, 6 is 00111 (H.264 section 9.1).
TEST(H264, WhereTheLastSliceOfAPayloadBegins) {
    const auto begin = [](const char* hex) { return last_slice_begin(hex_bytes(hex)); };
    EXPECT_EQ(begin("65 9a"), 0u);
    EXPECT_EQ(begin("41 5a"), 1u);
    EXPECT_EQ(begin("74 c0 10 07 3a"), 6u) << "behind the SVC header";
    EXPECT_EQ(begin("74 c0 10 07"), std::nullopt);
    EXPECT_EQ(begin("67 42"), std::nullopt) << "no slice";
    EXPECT_EQ(begin("7c 85 5a"), 1u) << "FU-A";
    EXPECT_EQ(begin("7c 05 5a"), std::nullopt) << "in the middle of one";
    EXPECT_EQ(begin("7d 81 00 01 5a"), 1u) << "FU-B";
    EXPECT_EQ(begin("78 0002 419a 0002 415a 0002 6842"), 1u) << "STAP-A";
    EXPECT_EQ(begin("7a 0001 0002 05 0000 415a"), 1u) << "MTAP16";
    EXPECT_EQ(begin("41 00000001"), std::nullopt) << "no picture is so large";
    EXPECT_EQ(begin("41 00"), std::nullopt);
}

}  // namespace
}  // namespace strata::relay::h264_test

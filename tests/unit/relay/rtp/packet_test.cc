#include "relay/rtp/packet.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/relay/hex_bytes.h"

namespace strata::relay::packet_test {
namespace {

using Bytes = std::vector<std::uint8_t>;

PacketParser make_parser() {
    PacketParser parser;
    parser.payload_types[96] = {PayloadRole::media, Codec::vp8};
    parser.payload_types[97] = {PayloadRole::rtx, Codec::vp8};
    parser.payload_types[45] = {PayloadRole::media, Codec::av1};
    parser.payload_types[108] = {PayloadRole::media, Codec::h264};
    parser.payload_types[111] = {PayloadRole::media, Codec::opus};
    parser.payload_types[63] = {PayloadRole::red, Codec::opaque};
    parser.payload_types[127] = {PayloadRole::media, Codec::opaque};
    parser.extensions.set(1, ExtensionKind::audio_level);
    parser.extensions.set(4, ExtensionKind::transport_cc);
    parser.extensions.set(9, ExtensionKind::mid);
    parser.extensions.set(14, ExtensionKind::dependency_descriptor);
    return parser;
}

struct Parsed {
    PacketInfo info;
    ParseError error;
};
Parsed parse(const Bytes& packet, const PacketParser& parser = make_parser()) {
    Parsed parsed;
    parsed.error = parse_packet(packet, parser, parsed.info);
    return parsed;
}
Parsed parse(std::string_view hex) { return parse(hex_bytes(hex)); }

TEST(Packet, FixedHeader) {
    const auto [info, error] = parse("80ff fffe 01020304 a1a2a3a4 99 88");
    ASSERT_EQ(error, ParseError::none);
    EXPECT_TRUE(info.marker);
    EXPECT_EQ(info.payload_type, 127);
    EXPECT_EQ(info.sequence.value, 0xFFFE);
    EXPECT_EQ(info.timestamp.value, 0x01020304u);
    EXPECT_EQ(info.ssrc.value, 0xA1A2A3A4u);
    EXPECT_EQ(info.payload_offset, 12);
    EXPECT_EQ(info.payload_size, 2);
    EXPECT_EQ(info.extension_profile, 0);
    EXPECT_FALSE(info.padding);
}

TEST(Packet, CsrcsAndOneByteExtensions) {
    const auto [info, error] = parse(
        "927f 0001 00000002 00000003 0000000a 0000000b"
        "bede 0003  40 cafe 41beef 00 00 90 30 00 00  55");
    ASSERT_EQ(error, ParseError::none);
    EXPECT_EQ(info.csrc_count, 2);
    EXPECT_EQ(info.payload_offset, 36);
    EXPECT_EQ(info.payload_size, 1);
    ASSERT_GE(info.extension_count, 1);
    const ExtensionLocation* cc = info.find(ExtensionKind::transport_cc);
    ASSERT_NE(cc, nullptr);
    EXPECT_EQ(cc->offset, 25);
    EXPECT_EQ(cc->size, 1);
}

TEST(Packet, OneByteElementsInOrder) {
    // twcc (2), padding, mid (1), unknown id 7, audio level.
    const auto [info, error] = parse(
        "907f 0001 00000002 00000003 bede 0003"
        "41 1234 00 90 30 70ff 10 85 00 00 aa");
    ASSERT_EQ(error, ParseError::none);
    ASSERT_EQ(info.extension_count, 3);
    EXPECT_EQ(info.extensions[0].kind, ExtensionKind::transport_cc);
    EXPECT_EQ(info.extensions[0].offset, 17);
    EXPECT_EQ(info.extensions[0].size, 2);
    EXPECT_EQ(info.extensions[1].kind, ExtensionKind::mid);
    EXPECT_EQ(info.extensions[1].offset, 21);
    EXPECT_EQ(info.extensions_ignored, 1) << "unknown ids never leak (C37)";
    EXPECT_TRUE(info.audio_level_known && info.voice_activity);
    EXPECT_EQ(info.audio_level_dbov, 5);
}

TEST(Packet, TwoByteElements) {  // B5
    // dependency descriptor of 3, empty mid, padding, appbits set.
    const auto [info, error] = parse(
        "907f 0001 00000002 00000003 1007 0003"
        "0e03 c30004 0900 00 0402 abcd aa");
    ASSERT_EQ(error, ParseError::none);
    EXPECT_EQ(info.extension_profile, 0x1007);
    ASSERT_EQ(info.extension_count, 3);
    EXPECT_EQ(info.extensions[0].offset, 18);
    EXPECT_EQ(info.extensions[0].size, 3);
    EXPECT_EQ(info.extensions[1].kind, ExtensionKind::mid);
    EXPECT_EQ(info.extensions[1].size, 0);
    EXPECT_EQ(info.extensions[2].kind, ExtensionKind::transport_cc);
    EXPECT_TRUE(info.starts_frame && info.ends_frame) << "from the descriptor";
    EXPECT_FALSE(info.key_frame);
}

TEST(Packet, ElementThatOverrunsCostsOnlyItself) {  // C51
    const auto one = parse("907f 0001 00000002 00000003 bede 0002 41 1234 00 9f 30 3030 aa");
    ASSERT_EQ(one.error, ParseError::none);
    EXPECT_EQ(one.info.extension_count, 1);
    EXPECT_EQ(one.info.extensions_ignored, 1);
    EXPECT_EQ(one.info.payload_offset, 24);
    const auto two = parse("907f 0001 00000002 00000003 1000 0001 00 00 00 04 aa");
    ASSERT_EQ(two.error, ParseError::none) << "id without a length byte";
    EXPECT_EQ(two.info.extension_count, 0);
    EXPECT_EQ(two.info.extensions_ignored, 1);
}

TEST(Packet, Id15EndsTheBlock) {
    const auto [info, error] = parse("907f 0001 00000002 00000003 bede 0002 f0 00 41 1234 000000");
    ASSERT_EQ(error, ParseError::none);
    EXPECT_EQ(info.extension_count, 0);
}

TEST(Packet, ForeignProfileIsSkipped) {
    const auto [info, error] = parse("907f 0001 00000002 00000003 abcd 0001 41123400 aa");
    ASSERT_EQ(error, ParseError::none);
    EXPECT_EQ(info.extension_profile, 0xABCD);
    EXPECT_EQ(info.extension_count, 0);
    EXPECT_EQ(info.payload_offset, 20);
}

TEST(Packet, MoreExtensionsThanFit) {  // C52
    Bytes packet = hex_bytes("907f 0001 00000002 00000003 bede 000a");
    for (int i = 0; i < 20; ++i) packet.insert(packet.end(), {0x90, 0x30});
    const auto [info, error] = parse(packet);
    ASSERT_EQ(error, ParseError::none);
    EXPECT_EQ(info.extension_count, kMaxExtensions);
    EXPECT_EQ(info.extensions_ignored, 4);
}

TEST(Packet, Padding) {  // C18, C50
    const auto data = parse("a07f 0001 00000002 00000003 aabb 0003 0003");
    EXPECT_EQ(data.error, ParseError::none);
    EXPECT_EQ(data.info.payload_size, 3);
    EXPECT_EQ(data.info.padding_size, 3);
    const auto only = parse("a060 0001 00000002 00000003 0000 03");
    EXPECT_EQ(only.error, ParseError::none) << "no descriptor is looked for";
    EXPECT_EQ(only.info.payload_size, 0);
    EXPECT_EQ(only.info.padding_size, 3);
    EXPECT_EQ(only.info.codec, Codec::vp8);
    EXPECT_FALSE(only.info.starts_frame);
    EXPECT_EQ(parse("a07f 0001 00000002 00000003 0000 04").error, ParseError::bad_padding);
    EXPECT_EQ(parse("a07f 0001 00000002 00000003 0000 00").error, ParseError::bad_padding);
    EXPECT_EQ(parse("a07f 0001 00000002 00000003").error, ParseError::bad_padding);
}

TEST(Packet, Malformed) {
    EXPECT_EQ(parse("807f 0001 00000002 000000").error, ParseError::too_short);
    EXPECT_EQ(parse("407f 0001 00000002 00000003").error, ParseError::bad_version);
    EXPECT_EQ(parse("817f 0001 00000002 00000003 000000").error, ParseError::truncated_csrcs);
    EXPECT_EQ(parse("907f 0001 00000002 00000003 bede00").error, ParseError::truncated_extension);
    EXPECT_EQ(parse("907f 0001 00000002 00000003 bede 0001 000000").error,
              ParseError::truncated_extension);
    EXPECT_EQ(parse("907f 0001 00000002 00000003 bede ffff 000000").error,
              ParseError::truncated_extension);
    EXPECT_EQ(parse("8060 0001 00000002 00000003 80").error, ParseError::bad_descriptor);
    EXPECT_EQ(parse(Bytes(70'000, 0x80)).error, ParseError::too_long);
}

TEST(Packet, UnknownPayloadTypeStillTellsTheHeader) {
    const auto [info, error] = parse("8005 0001 00000002 00000003 aa");
    EXPECT_EQ(error, ParseError::unknown_payload_type);
    EXPECT_EQ(info.ssrc.value, 3u);
    EXPECT_EQ(info.payload_size, 1);
}

TEST(Packet, RtxIsOnlyLocated) {  // B6
    const auto [info, error] = parse("8061 0001 00000002 00000003 1234 10 00");
    ASSERT_EQ(error, ParseError::none);
    EXPECT_TRUE(info.rtx);
    EXPECT_EQ(info.codec, Codec::vp8);
    EXPECT_FALSE(info.starts_frame);
}

TEST(Packet, RedIsLookedInto) {  // B7
    // One redundant Opus block of 3 bytes, then the primary of 2.
    const auto [info, error] = parse("803f 0001 00000002 00000003 ef 003c03 6f 010203 fcfd");
    ASSERT_EQ(error, ParseError::none);
    EXPECT_EQ(info.codec, Codec::opus);
    EXPECT_EQ(info.payload_type, 111);
    EXPECT_EQ(info.red_payload_type, 63);
    EXPECT_EQ(info.red_offset, 12);
    EXPECT_EQ(info.payload_offset, 20);
    EXPECT_EQ(info.payload_size, 2);
    EXPECT_TRUE(info.starts_frame);
    EXPECT_EQ(parse("803f 0001 00000002 00000003 ef 003c03 6f 0102").error, ParseError::bad_red);
    EXPECT_EQ(parse("803f 0001 00000002 00000003 3f aa").error, ParseError::bad_red)
        << "RED in RED";
    EXPECT_EQ(parse("803f 0001 00000002 00000003 05 aa").error, ParseError::unknown_payload_type);
}

TEST(Packet, DescriptorOverrulesThePayload) {
    // A structure attached to the first packet of a frame means a key frame, whatever the codec.
    PacketParser parser = make_parser();
    parser.end_to_end_encrypted = true;  // C48
    const Bytes packet = hex_bytes(
        "906c 0001 00000002 00000003 1000 0005"
        "0e10 800001800214eaa860414d1410208426 0000 65ffff");
    const auto [info, error] = parse(packet, parser);
    ASSERT_EQ(error, ParseError::none);
    EXPECT_TRUE(info.starts_frame && info.key_frame);
    EXPECT_FALSE(info.ends_frame);
    EXPECT_FALSE(info.h264.idr) << "ciphertext isn't read";
}

TEST(Packet, SsrcZeroIsLegal) {  // C41
    EXPECT_EQ(parse("807f 0001 00000002 00000000 aa").error, ParseError::none);
}

TEST(Packet, ErrorsHaveNames) {
    EXPECT_EQ(parse_error_name(ParseError::bad_descriptor), "bad_descriptor");
    EXPECT_EQ(parse_error_name(ParseError::kCount), "unknown");
}

TEST(Packet, HostileBytes) {  // C51
    const std::vector<Bytes> samples = {
        hex_bytes("b260 0001 00000002 00000003 0000000a 0000000b bede 0003 41 1234 00 90 30 70ff"
                  "1085 0000 90e08123453d 300102 0002"),
        hex_bytes("907f 0001 00000002 00000003 1007 0003 0e03 c30004 0900 00 0402 abcd aa"),
        hex_bytes("803f 0001 00000002 00000003 ef 003c03 6f 010203 fcfd"),
    };
    const PacketParser parser = make_parser();
    for (const Bytes& sample : samples) {
        for_each_mutation(sample, [&](const Bytes& packet) {
            PacketInfo info;
            if (parse_packet(packet, parser, info) != ParseError::none) return;
            EXPECT_EQ(info.payload_offset + info.payload_size + info.padding_size, packet.size());
            EXPECT_LE(info.descriptor_size, info.payload_size);
            for (std::size_t i = 0; i < info.extension_count; ++i)
                EXPECT_LE(info.extensions[i].offset + info.extensions[i].size, info.payload_offset);
        });
    }
}

}  // namespace
}  // namespace strata::relay::packet_test

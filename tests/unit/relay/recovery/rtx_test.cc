#include "relay/recovery/rtx.h"

#include <gtest/gtest.h>

#include <vector>

#include "relay/rtp/packet.h"

namespace strata::relay {
namespace {

constexpr std::uint8_t kMedia = 98, kRtx = 99;

PacketParser parser() {
    PacketParser p;
    p.payload_types[kMedia] = {PayloadRole::media, Codec::vp9};
    p.payload_types[kRtx] = {PayloadRole::rtx, Codec::vp9};
    return p;
}

// Header, one 4-byte extension block, then `payload`.
std::vector<std::uint8_t> packet(std::uint8_t first, std::uint8_t second,
                                 std::vector<std::uint8_t> payload) {
    std::vector<std::uint8_t> bytes{first, second, 0x11, 0x22, 0, 0, 0,    9,    0, 0,
                                    0,     7,      0xbe, 0xde, 0, 1, 0x10, 0xaa, 0, 0};
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
}

TEST(Rtx, BecomesTheOriginalInPlace) {  // C26, RFC 4588 section 4
    auto bytes = packet(0x90, 0x80 | kRtx, {0x12, 0x34, 0x8f, 0x80, 0x01, 0x02, 0x03});
    PacketInfo info;
    ASSERT_EQ(parse_packet(bytes, parser(), info), ParseError::none);
    ASSERT_TRUE(unwrap_rtx(bytes, info, {0xcafe}, kMedia));
    const std::vector<std::uint8_t> original(bytes.begin() + kOsnSize, bytes.end());
    PacketInfo out;
    ASSERT_EQ(parse_packet(original, parser(), out), ParseError::none);
    EXPECT_EQ(out.sequence.value, 0x1234);
    EXPECT_EQ(out.ssrc.value, 0xcafeu);
    EXPECT_EQ(out.timestamp.value, 9u);
    EXPECT_EQ(out.payload_type, kMedia);
    EXPECT_TRUE(out.marker);
    EXPECT_FALSE(out.rtx);
    EXPECT_EQ(out.payload_size, 5);
    EXPECT_EQ(original[out.payload_offset], 0x8f);
    EXPECT_EQ(out.extension_profile, 0xbede);
}

TEST(Rtx, ProbingHasNoOriginal) {  // B6
    for (const std::vector<std::uint8_t>& payload :
         {std::vector<std::uint8_t>{}, {0x12}, {0x12, 0x34}}) {
        auto bytes = packet(0x90, kRtx, payload);
        const auto before = bytes;
        PacketInfo info;
        ASSERT_EQ(parse_packet(bytes, parser(), info), ParseError::none);
        EXPECT_FALSE(unwrap_rtx(bytes, info, {1}, kMedia));
        EXPECT_EQ(bytes, before);
    }
    auto padded = packet(0xb0, kRtx, {0, 0, 3});  // padding only
    PacketInfo info;
    ASSERT_EQ(parse_packet(padded, parser(), info), ParseError::none);
    EXPECT_FALSE(unwrap_rtx(padded, info, {1}, kMedia));
}

TEST(Rtx, MediaIsLeftAlone) {
    auto bytes = packet(0x90, kMedia, {0x8f, 0x80, 0x01, 0x02});
    const auto before = bytes;
    PacketInfo info;
    ASSERT_EQ(parse_packet(bytes, parser(), info), ParseError::none);
    EXPECT_FALSE(unwrap_rtx(bytes, info, {1}, kMedia));
    EXPECT_EQ(bytes, before);
}

// Header with one extension block and the first payload bytes, which a template may hold.
TEST(Rtx, WrappedAndUnwrappedIsTheSame) {  // C26
    const auto sent = packet(0x90, 0x80 | kMedia, {0x8f, 0x80, 0x01, 0x02, 0x03, 0x04});
    constexpr std::size_t kHeader = 22, kPayloadAt = 20;  // two payload bytes in the header
    std::vector<std::uint8_t> bytes(sent.begin(), sent.begin() + kHeader);
    bytes.resize(kHeader + kOsnSize);
    EXPECT_EQ(wrap_rtx(bytes, kHeader, kPayloadAt, {{0xfeed}, kRtx, {777}}), kHeader + kOsnSize);
    bytes.insert(bytes.end(), sent.begin() + kHeader, sent.end());
    PacketInfo info;
    ASSERT_EQ(parse_packet(bytes, parser(), info), ParseError::none);
    EXPECT_TRUE(info.rtx);
    EXPECT_TRUE(info.marker);
    EXPECT_EQ(info.ssrc.value, 0xfeedu);
    EXPECT_EQ(info.sequence.value, 777);
    EXPECT_EQ(info.payload_size, 8) << "the OSN and the payload";
    ASSERT_TRUE(unwrap_rtx(bytes, info, {7}, kMedia));
    EXPECT_EQ(std::vector<std::uint8_t>(bytes.begin() + kOsnSize, bytes.end()), sent);
}

TEST(Rtx, AnEmptyPacketKeepsItsPadding) {  // C17, C19
    std::vector<std::uint8_t> bytes{0xa0, kMedia, 0x12, 0x34, 0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 0, 4};
    bytes.resize(18);
    EXPECT_EQ(wrap_rtx(bytes, 16, 12, {{1}, kRtx, {2}}), 18u);
    PacketInfo info;
    ASSERT_EQ(parse_packet(bytes, parser(), info), ParseError::none);
    EXPECT_EQ(info.padding_size, 4);
    EXPECT_EQ(info.payload_size, kOsnSize);
    EXPECT_EQ(bytes[12], 0x12);
    EXPECT_EQ(bytes[13], 0x34);
}

}  // namespace
}  // namespace strata::relay

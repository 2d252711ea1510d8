#include "relay/ice/stun_message.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/ice/stun_sample.h"

namespace strata::relay {
namespace {

TEST(StunMessage, TheSampleRequest) {
    const auto packet = sample_request();
    StunMessage message;
    ASSERT_TRUE(parse_stun(packet, message));
    EXPECT_TRUE(message.is(StunClass::request));
    EXPECT_EQ(message.transaction[0], 0xb7);
    EXPECT_EQ(message.transaction[11], 0xae);
    EXPECT_EQ(message.username, kSampleUsername);
    EXPECT_EQ(message.priority, 0x6e0001ffu);
    EXPECT_EQ(message.controlled, 0x932ff9b151263b36u);
    EXPECT_FALSE(message.controlling);
    EXPECT_FALSE(message.use_candidate);
    EXPECT_TRUE(message.has_fingerprint);
    EXPECT_EQ(message.unknown_count, 0u);  // SOFTWARE may be ignored
    EXPECT_TRUE(has_integrity(packet, message, HmacSha1Key(as_bytes(kSamplePassword))));
    EXPECT_FALSE(has_integrity(packet, message, HmacSha1Key(as_bytes("another password"))));
}

TEST(StunMessage, TheSampleAnswers) {
    const HmacSha1Key key(as_bytes(kSamplePassword));
    for (const auto& packet : {sample_answer_v4(), sample_answer_v6()}) {
        StunMessage message;
        ASSERT_TRUE(parse_stun(packet, message));
        EXPECT_TRUE(message.is(StunClass::success));
        EXPECT_TRUE(message.has_fingerprint);
        EXPECT_TRUE(has_integrity(packet, message, key));
    }
}

// Whatever is changed, FINGERPRINT or integrity notices.
TEST(StunMessage, NoChangedByteGoesUnnoticed) {
    const HmacSha1Key key(as_bytes(kSamplePassword));
    const auto whole = sample_request();
    for_each_mutation(whole, [&](const std::vector<std::uint8_t>& packet) {
        StunMessage message;
        if (packet == whole || !parse_stun(packet, message)) return;
        EXPECT_FALSE(message.has_fingerprint && has_integrity(packet, message, key));
    });
}

TEST(StunMessage, LengthsCookieAndFirstBitsMustFit) {
    StunMessage message;
    EXPECT_FALSE(parse_stun({}, message));
    auto packet = sample_request();
    packet[0] = 0x40;
    EXPECT_FALSE(parse_stun(packet, message));
    packet = sample_request();
    packet[4] ^= 1;
    EXPECT_FALSE(parse_stun(packet, message));
    packet = sample_request();
    packet.resize(packet.size() + 4);
    EXPECT_FALSE(parse_stun(packet, message));
    // A header alone is a message, with nothing in it.
    packet = hex_bytes("00010000 2112a442 000000000000000000000000");
    EXPECT_TRUE(parse_stun(packet, message));
    EXPECT_FALSE(message.username);
    packet[3] = 1;
    EXPECT_FALSE(parse_stun(packet, message));
}

TEST(StunMessage, WhatIsBehindIntegrityDoesNotCount) {
    // USE-CANDIDATE that somebody put behind the signed part.
    std::vector<std::uint8_t> buffer(200);
    StunWriter writer(buffer, StunClass::request, {});
    writer.username("a:b");
    writer.message_integrity(HmacSha1Key(as_bytes("password")));
    writer.use_candidate();
    writer.attribute(static_cast<StunAttribute>(0x7777), {});
    StunMessage message;
    ASSERT_TRUE(parse_stun(writer.written(), message));
    EXPECT_FALSE(message.use_candidate);
    EXPECT_EQ(message.unknown_count, 0u);
    EXPECT_TRUE(has_integrity(writer.written(), message, HmacSha1Key(as_bytes("password"))));
}

TEST(StunMessage, UnknownAttributesAreListedUpToABound) {
    std::vector<std::uint8_t> buffer(200);
    StunWriter writer(buffer, StunClass::request, {});
    for (std::uint16_t i = 0; i < 12; ++i)
        writer.attribute(static_cast<StunAttribute>(0x7000 + i), {});
    writer.attribute(static_cast<StunAttribute>(0xc057), {});  // may be ignored
    StunMessage message;
    ASSERT_TRUE(parse_stun(writer.written(), message));
    ASSERT_EQ(message.unknown_count, message.unknown.size());
    EXPECT_EQ(message.unknown[0], 0x7000);
    EXPECT_EQ(message.unknown[7], 0x7007);
}

TEST(StunMessage, WrongLengthsOfKnownAttributes) {
    const std::array<std::uint8_t, 12> bytes{};
    for (const auto& [type, size] :
         {std::pair{StunAttribute::priority, 3u}, std::pair{StunAttribute::use_candidate, 4u},
          std::pair{StunAttribute::ice_controlled, 4u}, std::pair{StunAttribute::error_code, 2u},
          std::pair{StunAttribute::ice_controlling, 12u},
          std::pair{StunAttribute::message_integrity, 12u},
          std::pair{StunAttribute::fingerprint, 8u}}) {
        std::vector<std::uint8_t> buffer(100);
        StunWriter writer(buffer, StunClass::request, {});
        writer.attribute(type, std::span(bytes).first(size));
        StunMessage message;
        EXPECT_FALSE(parse_stun(writer.written(), message)) << static_cast<int>(type);
    }
}

TEST(StunMessage, EveryClassAndMethod) {
    for (const auto kind :
         {StunClass::request, StunClass::indication, StunClass::success, StunClass::error}) {
        std::vector<std::uint8_t> buffer(20);
        StunWriter writer(buffer, kind, {});
        StunMessage message;
        ASSERT_TRUE(parse_stun(writer.written(), message));
        EXPECT_TRUE(message.is(kind));
    }
    auto allocate = hex_bytes("00030000 2112a442 000000000000000000000000");
    StunMessage message;
    ASSERT_TRUE(parse_stun(allocate, message));
    EXPECT_FALSE(message.is(StunClass::request));
    EXPECT_EQ(message.method, 3);
}

}  // namespace
}  // namespace strata::relay

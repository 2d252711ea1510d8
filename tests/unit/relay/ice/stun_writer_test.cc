#include "relay/ice/stun_writer.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/ice/stun_sample.h"

namespace strata::relay {
namespace {

StunTransaction sample_transaction() {
    StunMessage message;
    EXPECT_TRUE(parse_stun(sample_request(), message));
    return message.transaction;
}

// RFC 5769's answers, but for the padding, which is zero here.
std::vector<std::uint8_t> answer(std::span<const std::uint8_t> address) {
    std::vector<std::uint8_t> buffer(200);
    StunWriter writer(buffer, StunClass::success, sample_transaction());
    writer.attribute(static_cast<StunAttribute>(0x8022), as_bytes("test vector"));
    writer.xor_mapped_address({address, 32853});
    const auto written = writer.written();
    return {written.begin(), written.end()};
}

TEST(StunWriter, AddressesAsInTheSamples) {
    const auto same_but_for_padding_and_length = [](std::vector<std::uint8_t> made,
                                                    std::vector<std::uint8_t> sample) {
        sample.resize(made.size());
        sample[3] = made[3];
        made[35] = sample[35];
        EXPECT_EQ(made, sample);
    };
    same_but_for_padding_and_length(answer(hex_bytes("c0000201")), sample_answer_v4());
    same_but_for_padding_and_length(answer(hex_bytes("20010db8123456780011223344556677")),
                                    sample_answer_v6());
}

TEST(StunWriter, SignsAsTheSampleIsSigned) {
    const auto sample = sample_answer_v4();
    const HmacSha1Key key(as_bytes(kSamplePassword));
    const Sha1Digest digest = stun_integrity(std::span(sample).first(sample.size() - 32), key);
    EXPECT_TRUE(std::equal(digest.begin(), digest.end(), sample.end() - 28));
}

TEST(StunWriter, WhatDoesNotFitIsNothing) {
    for (std::size_t size = 0; size < 100; ++size) {
        std::vector<std::uint8_t> buffer(size);  // exactly, so that AddressSanitizer looks on
        StunWriter writer(buffer, StunClass::request, {});
        writer.username("abcd:efgh1");
        writer.priority(1);
        writer.error_code(420, "x");
        writer.unknown_attributes(std::array<std::uint16_t, 1>{7});
        writer.message_integrity(HmacSha1Key(as_bytes("key")));
        writer.fingerprint();
        StunMessage message;
        EXPECT_EQ(parse_stun(writer.written(), message), !writer.written().empty());
        EXPECT_EQ(writer.written().empty(), size < 96) << size;
    }
}

TEST(StunWriter, ErrorCodes) {
    std::vector<std::uint8_t> buffer(100);
    StunWriter writer(buffer, StunClass::error, {});
    writer.error_code(487, "Role Conflict");
    StunMessage message;
    ASSERT_TRUE(parse_stun(writer.written(), message));
    EXPECT_EQ(message.error, 487);
}

}  // namespace
}  // namespace strata::relay

#include "relay/ice/stun_answer.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/ice/stun_sample.h"

namespace strata::relay {
namespace {

TEST(StunAnswer, TheLongestOnesFit) {
    StunMessage request;
    ASSERT_TRUE(parse_stun(make_check({}), request));
    const HmacSha1Key key(as_bytes("password"));
    std::array<std::uint8_t, kStunAnswerBytes> buffer;
    const std::vector<std::uint8_t> v6(16, 0xfe);
    const auto success = write_stun_success(buffer, request, {v6, 5000}, key);
    StunMessage answer;
    ASSERT_TRUE(parse_stun(success, answer));
    EXPECT_TRUE(answer.is(StunClass::success));
    EXPECT_EQ(answer.transaction, request.transaction);
    EXPECT_TRUE(answer.has_fingerprint);
    EXPECT_TRUE(has_integrity(success, answer, key));

    request.unknown_count = request.unknown.size();
    const auto error = write_stun_error(buffer, request, 420, &key);
    ASSERT_TRUE(parse_stun(error, answer));
    EXPECT_TRUE(answer.is(StunClass::error));
    EXPECT_EQ(answer.error, 420);
    EXPECT_TRUE(has_integrity(error, answer, key));
}

TEST(StunAnswer, WithoutAKeyItIsNotSigned) {
    StunMessage request, answer;
    ASSERT_TRUE(parse_stun(make_check({}), request));
    std::array<std::uint8_t, kStunAnswerBytes> buffer;
    for (const std::uint16_t code : {std::uint16_t{400}, std::uint16_t{401}}) {
        ASSERT_TRUE(parse_stun(write_stun_error(buffer, request, code, nullptr), answer));
        EXPECT_EQ(answer.error, code);
        EXPECT_EQ(answer.integrity_offset, 0u);
        EXPECT_TRUE(answer.has_fingerprint);
    }
}

}  // namespace
}  // namespace strata::relay

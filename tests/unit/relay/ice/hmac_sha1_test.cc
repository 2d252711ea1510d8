#include "relay/ice/hmac_sha1.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/ice/stun_sample.h"

namespace strata::relay {
namespace {

std::vector<std::uint8_t> hmac(std::span<const std::uint8_t> key, std::string_view message) {
    const HmacSha1Key hmac_key(key);
    Sha1 hash = hmac_key.begin();
    hash.update(as_bytes(message));
    const Sha1Digest digest = hmac_key.finish(hash);
    return {digest.begin(), digest.end()};
}

// RFC 2202 section 3.
TEST(HmacSha1, KnownTags) {
    EXPECT_EQ(hmac(std::vector<std::uint8_t>(20, 0x0b), "Hi There"),
              hex_bytes("b617318655057264e28bc0b6fb378c8ef146be00"));
    EXPECT_EQ(hmac(as_bytes("Jefe"), "what do ya want for nothing?"),
              hex_bytes("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
    EXPECT_EQ(hmac(std::vector<std::uint8_t>(80, 0xaa),
                   "Test Using Larger Than Block-Size Key - Hash Key First"),
              hex_bytes("aa4ae5e15272d00e95705637ce8a3b55ed402112"));
}

TEST(HmacSha1, DigestsAreComparedWhole) {
    Sha1Digest a{};
    std::array<std::uint8_t, 20> b{};
    EXPECT_TRUE(equal_digests(a, b));
    for (std::size_t i = 0; i < b.size(); ++i) {
        b[i] = 1;
        EXPECT_FALSE(equal_digests(a, b));
        b[i] = 0;
    }
}

}  // namespace
}  // namespace strata::relay

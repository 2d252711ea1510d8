#include "relay/ice/sha1.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/ice/stun_sample.h"

namespace strata::relay {
namespace {

std::vector<std::uint8_t> sha1(std::span<const std::uint8_t> bytes, std::size_t step) {
    Sha1 hash;
    for (std::size_t at = 0; at < bytes.size(); at += step)
        hash.update(bytes.subspan(at, std::min(step, bytes.size() - at)));
    const Sha1Digest digest = hash.finish();
    return {digest.begin(), digest.end()};
}

// FIPS 180-4's examples, and the million letters of its predecessors.
TEST(Sha1, KnownDigests) {
    EXPECT_EQ(sha1(as_bytes("abc"), 64), hex_bytes("a9993e364706816aba3e25717850c26c9cd0d89d"));
    EXPECT_EQ(sha1({}, 64), hex_bytes("da39a3ee5e6b4b0d3255bfef95601890afd80709"));
    EXPECT_EQ(sha1(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), 64),
              hex_bytes("84983e441c3bd26ebaae4aa1f95129e5e54670f1"));
    const std::vector<std::uint8_t> million(1'000'000, 'a');
    EXPECT_EQ(sha1(million, 1000), hex_bytes("34aa973cd4c4daa4f61eeb2bdbad27316534016f"));
}

TEST(Sha1, TheWayItIsCutDoesNotMatter) {
    std::vector<std::uint8_t> bytes(300);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7);
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        const auto part = std::span(bytes).first(size);
        const auto whole = sha1(part, 1000);
        for (const std::size_t step : {1u, 3u, 63u, 64u, 65u, 128u})
            ASSERT_EQ(sha1(part, step), whole) << size << " by " << step;
    }
}

}  // namespace
}  // namespace strata::relay

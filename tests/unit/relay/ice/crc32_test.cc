#include "relay/ice/crc32.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/ice/stun_sample.h"

namespace strata::relay {
namespace {

TEST(Crc32, KnownValues) {
    EXPECT_EQ(crc32({}), 0u);
    EXPECT_EQ(crc32(as_bytes("123456789")), 0xcbf43926u);
    EXPECT_EQ(crc32(as_bytes("The quick brown fox jumps over the lazy dog")), 0x414fa339u);
}

}  // namespace
}  // namespace strata::relay

#include "relay/codec/red.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/hex_bytes.h"

namespace strata::relay {
namespace {

TEST(Red, PrimaryAlone) {  // B7: every packet is wrapped
    RedPrimary primary;
    ASSERT_TRUE(find_red_primary(hex_bytes("6f fc01"), primary));
    EXPECT_EQ(primary.payload_type, 111);
    EXPECT_EQ(primary.offset, 1);
    EXPECT_EQ(primary.redundant_blocks, 0);
}

TEST(Red, BehindRedundantBlocks) {
    RedPrimary primary;
    ASSERT_TRUE(find_red_primary(hex_bytes("ef 1e0002 ef 0f0003 70 0102 010203 fc"), primary));
    EXPECT_EQ(primary.payload_type, 112);
    EXPECT_EQ(primary.offset, 14);
    EXPECT_EQ(primary.redundant_blocks, 2);
}

TEST(Red, BlockLengthHasTenBits) {
    RedPrimary primary;
    ASSERT_TRUE(find_red_primary(hex_bytes("ef fffc00 6f"), primary))
        << "offset bits aren't length";
    EXPECT_EQ(primary.offset, 5);
    auto longest = hex_bytes("ef 0003ff 6f");
    longest.resize(5 + 1023);
    ASSERT_TRUE(find_red_primary(longest, primary));
    EXPECT_EQ(primary.offset, 1028);
    longest.pop_back();
    EXPECT_FALSE(find_red_primary(longest, primary));
}

TEST(Red, Malformed) {  // C51
    RedPrimary primary;
    EXPECT_FALSE(find_red_primary({}, primary));
    EXPECT_FALSE(find_red_primary(hex_bytes("ef"), primary));
    EXPECT_FALSE(find_red_primary(hex_bytes("ef 1e0002"), primary));
    EXPECT_FALSE(find_red_primary(hex_bytes("ef 1e0002 6f 01"), primary));
    EXPECT_TRUE(find_red_primary(hex_bytes("ef 1e0002 6f 0102"), primary)) << "empty primary";
}

TEST(Red, HostileBytes) {  // C51
    for_each_mutation(hex_bytes("ef1e0002 ef0f0003 70 0102 010203 fc"), [](const auto& bytes) {
        RedPrimary primary;
        if (find_red_primary(bytes, primary)) {
            EXPECT_LE(primary.offset, bytes.size());
        }
    });
}

}  // namespace
}  // namespace strata::relay

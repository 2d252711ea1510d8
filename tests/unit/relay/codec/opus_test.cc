#include "relay/codec/opus.h"

#include <gtest/gtest.h>

#include <vector>

namespace strata::relay {
namespace {

TEST(Opus, EveryPacketIsAFrameToStartAt) {
    PacketInfo info;
    EXPECT_TRUE(parse_opus(std::vector<std::uint8_t>{0xFC}, info));
    EXPECT_TRUE(info.starts_frame && info.ends_frame && info.key_frame);
    EXPECT_EQ(info.descriptor_size, 0);
}

TEST(Opus, EmptyIsNoFrame) {
    PacketInfo info;
    EXPECT_TRUE(parse_opus({}, info));
    EXPECT_FALSE(info.starts_frame);
}

}  // namespace
}  // namespace strata::relay

#include "relay/codec/av1.h"

#include <gtest/gtest.h>

#include <vector>

namespace strata::relay {
namespace {

PacketInfo parse(std::uint8_t header, bool encrypted = false) {
    PacketInfo info;
    info.marker = true;
    EXPECT_TRUE(parse_av1(std::vector<std::uint8_t>{header, 0}, encrypted, info));
    return info;
}

TEST(Av1, AggregationHeader) {
    const PacketInfo first = parse(0b0010'1000);
    EXPECT_TRUE(first.key_frame && first.starts_frame && first.ends_frame);
    EXPECT_EQ(first.av1.obu_count, 2);
    EXPECT_EQ(first.descriptor_size, 1);
    const PacketInfo next = parse(0b1101'0000);
    EXPECT_TRUE(next.av1.continues_obu && next.av1.obu_continues);
    EXPECT_FALSE(next.key_frame || next.starts_frame);
}

TEST(Av1, EncryptedPayloadIsNotRead) {  // C48
    const PacketInfo info = parse(0b0010'1000, true);
    EXPECT_FALSE(info.key_frame);
    EXPECT_EQ(info.descriptor_size, 0);
}

TEST(Av1, Malformed) {  // C51
    PacketInfo info;
    EXPECT_FALSE(parse_av1({}, false, info));
    EXPECT_FALSE(parse_av1(std::vector<std::uint8_t>{0x88}, false, info))
        << "a new sequence that continues an OBU";
}

}  // namespace
}  // namespace strata::relay

#include "relay/codec/bit_reader.h"

#include <gtest/gtest.h>

#include <array>

namespace strata::relay {
namespace {

constexpr std::array<std::uint8_t, 6> kBytes = {0b1010'0101, 0xFF, 0x00, 0x12, 0x34, 0x56};

TEST(BitReader, ReadsAcrossBytes) {
    BitReader reader(kBytes);
    EXPECT_EQ(reader.read(3), 0b101u);
    EXPECT_TRUE(!reader.read_bit());
    EXPECT_EQ(reader.read(5), 0b01011u);
    EXPECT_EQ(reader.position(), 9u);
    EXPECT_EQ(reader.read(32), 0xFE00'2468u) << "32 bits from the middle of a byte";
    EXPECT_EQ(reader.remaining(), 7u);
    EXPECT_TRUE(reader.ok());
}

TEST(BitReader, PastTheEndIsZeroAndFinal) {  // C51
    BitReader reader(std::span<const std::uint8_t>(kBytes).first(1));
    EXPECT_EQ(reader.read(9), 0u);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.read(1), 0u) << "a bit that was there isn't given out any more";
    EXPECT_FALSE(reader.read_bit());
    EXPECT_EQ(reader.remaining(), 0u);
}

TEST(BitReader, ExactlyTheEndIsFine) {
    BitReader reader(std::span<const std::uint8_t>(kBytes).first(1));
    EXPECT_EQ(reader.read(8), 0xA5u);
    EXPECT_EQ(reader.read(0), 0u);
    EXPECT_TRUE(reader.ok());
    reader.skip(1);
    EXPECT_FALSE(reader.ok());
}

TEST(BitReader, NonSymmetricValues) {
    // ns(5): 0, 1, 2 take two bits (00, 01, 10), 3 and 4 three (110, 111).
    constexpr std::array<std::uint8_t, 2> kCodes = {0b00'01'10'11, 0b0'111'0000};
    BitReader reader(kCodes);
    for (std::uint32_t value = 0; value < 5; ++value)
        EXPECT_EQ(reader.read_non_symmetric(5), value);
    EXPECT_EQ(reader.position(), 12u);
}

TEST(BitReader, NonSymmetricOfOneTakesNoBits) {
    BitReader reader(std::span<const std::uint8_t>{});
    EXPECT_EQ(reader.read_non_symmetric(1), 0u);
    EXPECT_TRUE(reader.ok());
}

}  // namespace
}  // namespace strata::relay

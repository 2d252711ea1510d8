#include "relay/codec/bit_writer.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace strata::relay {
namespace {

TEST(BitWriter, WritesWhatTheReaderReads) {
    std::array<std::uint8_t, 8> buffer;
    buffer.fill(0xEE);
    BitWriter writer(buffer);
    writer.write_bit(true);
    writer.write(0b0110, 4);
    writer.write(0xDEADBEEF, 32);
    writer.write(0, 0);
    ASSERT_TRUE(writer.ok());
    EXPECT_EQ(writer.position(), 37u);
    EXPECT_EQ(writer.size_bytes(), 5u);
    EXPECT_EQ(buffer[4] & 0b111, 0) << "rest of the last byte is zero";
    EXPECT_EQ(buffer[5], 0xEE) << "the byte behind it is untouched";
    BitReader reader(buffer);
    EXPECT_TRUE(reader.read_bit());
    EXPECT_EQ(reader.read(4), 0b0110u);
    EXPECT_EQ(reader.read(32), 0xDEADBEEFu);
}

TEST(BitWriter, NeverWritesPastTheEnd) {  // C51
    std::array<std::uint8_t, 2> buffer = {};
    BitWriter writer(std::span<std::uint8_t>(buffer).first(1));
    writer.write(0x7F, 7);
    writer.write(3, 2);
    EXPECT_FALSE(writer.ok());
    writer.write(1, 1);
    EXPECT_EQ(buffer[0], 0xFE) << "invalid writers write nothing more";
    EXPECT_EQ(buffer[1], 0);
}

TEST(BitWriter, NonSymmetricRoundTrip) {
    for (std::uint32_t n = 1; n <= 33; ++n) {
        for (std::uint32_t value = 0; value < n; ++value) {
            std::array<std::uint8_t, 2> buffer{};
            BitWriter writer(buffer);
            writer.write_non_symmetric(value, n);
            BitReader reader(buffer);
            EXPECT_EQ(reader.read_non_symmetric(n), value) << "n = " << n;
            EXPECT_EQ(reader.position(), writer.position());
        }
    }
}

TEST(BitWriter, CopiesRangesAtAnyAlignment) {
    std::vector<std::uint8_t> source(20);
    for (std::size_t i = 0; i < source.size(); ++i)
        source[i] = static_cast<std::uint8_t>(i * 37 + 11);
    for (std::size_t begin = 0; begin < 20; ++begin) {
        for (std::size_t lead = 0; lead < 9; ++lead) {
            std::array<std::uint8_t, 24> buffer{};
            BitWriter writer(buffer);
            writer.write(0, static_cast<unsigned>(lead));
            writer.copy(source, begin, begin + 101);
            ASSERT_TRUE(writer.ok());
            BitReader expected(source), copied(buffer);
            expected.skip(begin);
            copied.skip(lead);
            for (int bit = 0; bit < 101; ++bit) ASSERT_EQ(copied.read_bit(), expected.read_bit());
        }
    }
}

TEST(BitWriter, RefusesRangesThatAreNotThere) {
    const std::array<std::uint8_t, 2> source{};
    std::array<std::uint8_t, 8> buffer{};
    BitWriter beyond(buffer);
    beyond.copy(source, 10, 17);
    EXPECT_FALSE(beyond.ok());
    BitWriter backwards(buffer);
    backwards.copy(source, 3, 2);
    EXPECT_FALSE(backwards.ok());
}

}  // namespace
}  // namespace strata::relay

#include "relay/rtp/byte_order.h"

#include <gtest/gtest.h>

#include <array>

namespace strata::relay {
namespace {

TEST(ByteOrder, RoundTrips) {
    std::array<std::uint8_t, 9> bytes{};
    store_be64(&bytes[1], 0x0102030405060708);
    EXPECT_EQ(bytes[1], 1);
    EXPECT_EQ(bytes[8], 8);
    EXPECT_EQ(load_be64(&bytes[1]), 0x0102030405060708u);
    EXPECT_EQ(load_be32(&bytes[3]), 0x03040506u);
    EXPECT_EQ(load_be24(&bytes[3]), 0x030405u);
    EXPECT_EQ(load_be16(&bytes[3]), 0x0304u);
    store_be24(&bytes[0], 0xABCDEF);
    EXPECT_EQ(load_be24(&bytes[0]), 0xABCDEFu);
    store_be32(&bytes[2], 0xFFFEFDFC);
    EXPECT_EQ(load_be32(&bytes[2]), 0xFFFEFDFCu);
}

}  // namespace
}  // namespace strata::relay

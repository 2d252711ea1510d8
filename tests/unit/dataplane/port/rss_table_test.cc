#include "dataplane/port/rss_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace strata::dataplane::rss_table_test {
namespace {

// The key in Microsoft's "Verifying the RSS Hash Calculation", which many cards begin with.
constexpr std::array<std::uint8_t, 40> kWellKnown{
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
    0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
    0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

TEST(RssTable, TheHashOfOneBitIsTheKeyFromThere) {
    EXPECT_EQ(port_hash(0x8000, kWellKnown), 0x6d5a56dau);
    EXPECT_EQ(port_hash(0x0001, kWellKnown), 0x2b6d12adu);  // 15 bits on
    EXPECT_EQ(port_hash(0x8001, kWellKnown), 0x6d5a56dau ^ 0x2b6d12adu);
    EXPECT_EQ(port_hash(0, kWellKnown), 0u);
}

TEST(RssTable, PortsInARowHaveEntriesOfTheirOwn) {
    for (const std::uint32_t size : {1u, 2u, 64u, 128u, 512u, 2'048u})
        for (const std::uint32_t first : {1u, 4'000u, 20'000u, 65'535u - size}) {
            const auto key = port_key(40, static_cast<std::uint16_t>(size));
            std::set<std::uint32_t> entries;
            for (std::uint32_t i = 0; i < size; ++i)
                entries.insert(port_hash(static_cast<std::uint16_t>(first + i), key) & (size - 1));
            EXPECT_EQ(entries.size(), size) << first;
        }
}

TEST(RssTable, TheTableNamesEachWorkerOnceAndElseTheFirst) {
    const auto key = port_key(40, 128);
    const auto reta = make_reta({.first_udp_port = 4'000, .workers = 5}, key, 128);
    ASSERT_TRUE(reta) << reta.error();
    ASSERT_EQ(reta->size(), 128u);
    for (std::uint16_t w = 0; w < 5; ++w)
        EXPECT_EQ((*reta)[port_hash(static_cast<std::uint16_t>(4'000 + w), key) & 127], w);
    EXPECT_EQ(std::count_if(reta->begin(), reta->end(), [](auto q) { return q != 0; }), 4);
}

TEST(RssTable, PortsThatShareAnEntryAreNamed) {
    const SteeredPorts ports{.first_udp_port = 4'000, .workers = 127};
    EXPECT_TRUE(make_reta(ports, port_key(40, 128), 128));
    EXPECT_FALSE(make_reta(ports, kWellKnown, 128));
    const auto none = make_reta(ports, port_key(40, 64), 64);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error(),
              "no RSS: UDP ports 4000 and 4064 have one entry of the redirection table by the "
              "device's key");
    for (const std::uint16_t size : std::to_array<std::uint16_t>({0, 3, 100}))
        EXPECT_FALSE(make_reta(ports, kWellKnown, size)) << size;
}

}  // namespace
}  // namespace strata::dataplane::rss_table_test

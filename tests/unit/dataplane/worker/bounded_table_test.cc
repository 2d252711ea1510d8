#include "dataplane/worker/bounded_table.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <set>

namespace strata::dataplane {
namespace {

TEST(BoundedTable, DoesWhatAMapDoes) {
    BoundedTable<std::uint64_t, int> table(64, 99);
    std::map<std::uint64_t, int> model;
    std::mt19937 random(1);
    for (int i = 0; i < 100'000; ++i) {
        const std::uint64_t key = random() % 100;
        switch (random() % 3) {
            case 0: {
                const bool possible = model.size() < 64 && !model.contains(key);
                EXPECT_EQ(table.insert(key, i), possible);
                if (possible) model[key] = i;
                break;
            }
            case 1: EXPECT_EQ(table.erase(key), model.erase(key) == 1); break;
            default: {
                const int* found =
                    random() % 2 == 0 ? table.find(key) : table.find(key, table.home(key));
                const auto expected = model.find(key);
                ASSERT_EQ(found != nullptr, expected != model.end());
                if (found) {
                    EXPECT_EQ(*found, expected->second);
                }
            }
        }
        ASSERT_EQ(table.size(), model.size());
    }
}

TEST(BoundedTable, SaysWhenItIsFull) {
    BoundedTable<std::uint64_t, int> table(2, 1);
    EXPECT_TRUE(table.insert(1, 1));
    EXPECT_FALSE(table.insert(1, 2));
    EXPECT_TRUE(table.insert(2, 2));
    EXPECT_TRUE(table.full());
    EXPECT_FALSE(table.insert(3, 3));
    EXPECT_EQ(table.find(3), nullptr);
}

template <std::size_t kBytes>
void expect_every_bit_counts() {
    std::array<std::uint8_t, kBytes> key{};
    std::set<std::uint64_t> hashes{hash_bytes(key, 5)};
    EXPECT_FALSE(hashes.contains(hash_bytes(key, 6))) << "the secret counts";
    for (std::size_t bit = 0; bit < 8 * kBytes; ++bit) {
        key[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        EXPECT_TRUE(hashes.insert(hash_bytes(key, 5)).second) << kBytes << " bytes, bit " << bit;
        key[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    }
}

TEST(HashBytes, EveryBitOfAKeyCounts) {
    expect_every_bit_counts<1>();
    expect_every_bit_counts<5>();
    expect_every_bit_counts<8>();
    expect_every_bit_counts<12>();
    expect_every_bit_counts<16>();
    expect_every_bit_counts<20>();
    expect_every_bit_counts<36>();
    expect_every_bit_counts<40>();
}

}  // namespace
}  // namespace strata::dataplane

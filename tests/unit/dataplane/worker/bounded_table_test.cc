#include "dataplane/worker/bounded_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

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

}  // namespace
}  // namespace strata::dataplane

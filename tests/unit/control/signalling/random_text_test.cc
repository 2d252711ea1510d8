#include "control/signalling/random_text.h"

#include <gtest/gtest.h>

#include <set>

namespace strata::control {
namespace {

TEST(RandomText, HasTheAlphabetOfItsUse) {
    std::set<char> url, ice;
    for (int i = 0; i < 200; ++i) {
        const std::string a = random_text(32), b = random_ice_text(24);
        EXPECT_EQ(a.size(), 32u);
        EXPECT_EQ(b.size(), 24u);
        url.insert(a.begin(), a.end());
        ice.insert(b.begin(), b.end());
    }
    // 6,400 and 4,800 draws of 64: the chance that one is missing is below 10^-30.
    EXPECT_EQ(url.size(), 64u);
    EXPECT_EQ(ice.size(), 64u);
    EXPECT_TRUE(url.contains('-') && url.contains('_') && !url.contains('+'));
    EXPECT_TRUE(ice.contains('+') && ice.contains('/') && !ice.contains('-'));
    EXPECT_EQ(random_text(0), "");
}

TEST(RandomText, IsNeverTheSame) {
    std::set<std::string> texts;
    std::set<std::uint64_t> numbers;
    for (int i = 0; i < 1'000; ++i) {
        texts.insert(random_text(22));
        numbers.insert(random_number());
    }
    EXPECT_EQ(texts.size(), 1'000u);
    EXPECT_EQ(numbers.size(), 1'000u);
}

}  // namespace
}  // namespace strata::control

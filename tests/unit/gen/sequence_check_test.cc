#include "bench/generator/sequence_check.h"

#include <gtest/gtest.h>

namespace strata::gen {
namespace {

TEST(SequenceCheck, CountsOverTheWrap) {  // C24
    SequenceCheck check;
    for (int i = 0; i < 200'000; ++i) check.add(static_cast<std::uint16_t>(65'000 + i));
    EXPECT_EQ(check.received(), 200'000u);
    EXPECT_EQ(check.lost(), 0u);
    EXPECT_EQ(check.reordered() + check.duplicates() + check.jumps(), 0u);
}

TEST(SequenceCheck, LossDuplicateAndReorderingAreToldApart) {
    SequenceCheck check;
    for (const int n : {65534, 65535, 1, 1, 0, 4}) check.add(static_cast<std::uint16_t>(n));
    EXPECT_EQ(check.duplicates(), 1u);
    EXPECT_EQ(check.reordered(), 1u);
    EXPECT_EQ(check.lost(), 2u);  // 2 and 3
    EXPECT_EQ(check.expected(), 7u);
    const SequenceCheck::Verdict verdict = check.add(10);
    EXPECT_EQ(verdict.missing, 5);
    EXPECT_TRUE(check.add(0).duplicate);
}

TEST(SequenceCheck, ANewNumberingIsAJumpNotLoss) {
    SequenceCheck check;
    for (int i = 0; i < 100; ++i) check.add(static_cast<std::uint16_t>(i));
    EXPECT_TRUE(check.add(20'000).jump);
    for (int i = 1; i < 100; ++i) check.add(static_cast<std::uint16_t>(20'000 + i));
    EXPECT_TRUE(check.add(5'000).jump);
    for (int i = 1; i < 100; ++i)
        EXPECT_FALSE(check.add(static_cast<std::uint16_t>(5'000 + i)).late);
    EXPECT_EQ(check.jumps(), 2u);
    EXPECT_EQ(check.lost(), 0u);
    EXPECT_EQ(check.received(), 300u);
    EXPECT_EQ(check.expected(), 300u);
}

}  // namespace
}  // namespace strata::gen

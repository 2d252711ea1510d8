#include "dataplane/worker/lowered_target.h"

#include <gtest/gtest.h>

namespace strata::dataplane {
namespace {

using relay::LayerTarget;

TEST(LoweredTarget, StaysWhereAllIsTaken) {
    const LayerTarget wanted{.encoding = 2, .spatial = 3, .temporal = 3};
    EXPECT_EQ(lowered_target(wanted, kHighestTxClass), wanted);
    EXPECT_EQ(lowered_target({0, 1, 2, false}, layer_class(0, 1, 2)),
              (LayerTarget{0, 1, 2, false}));
}

// Whatever it says, no packet of it is left out, and what is wanted is never exceeded.
TEST(LoweredTarget, HoldsNothingThatIsLeftOut) {  // C40
    for (unsigned c = 0; c < kTxLevels; ++c)
        for (std::uint8_t e = 0; e < 4; ++e)
            for (std::uint8_t s = 0; s < 4; ++s)
                for (std::uint8_t t = 0; t < 4; ++t) {
                    const auto uppermost = static_cast<TxClass>(c);
                    const LayerTarget to = lowered_target({e, s, t, false}, uppermost);
                    if (uppermost == TxClass::audio) {
                        EXPECT_TRUE(to.paused);
                        continue;
                    }
                    ASSERT_FALSE(to.paused);
                    EXPECT_LE(to.encoding, e);
                    EXPECT_LE(to.spatial, s);
                    EXPECT_LE(to.temporal, t);
                    EXPECT_LE(layer_class(to.encoding, to.spatial, to.temporal), uppermost);
                }
}

TEST(LoweredTarget, GoesDownByTheUppermostFirst) {
    const LayerTarget wanted{.encoding = 0, .spatial = 2, .temporal = 2};
    EXPECT_EQ(lowered_target(wanted, layer_class(0, 2, 1)), (LayerTarget{0, 2, 1, false}));
    EXPECT_EQ(lowered_target(wanted, layer_class(0, 1, 3)), (LayerTarget{0, 1, 2, false}));
    EXPECT_EQ(lowered_target({2, 0, 2, false}, layer_class(1, 0, 1)),
              (LayerTarget{1, 0, 1, false}));
}

TEST(LoweredTarget, APausedOneStaysPaused) {
    EXPECT_TRUE(lowered_target({0, 2, 2, true}, layer_class(0, 1, 1)).paused);
}

}  // namespace
}  // namespace strata::dataplane

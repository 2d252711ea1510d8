#include "dataplane/worker/spsc_ring.h"

#include <gtest/gtest.h>

#include <thread>

namespace strata::dataplane {
namespace {

TEST(SpscRing, FillsAndEmpties) {
    SpscRing<int> ring(3);
    int value = 0;
    EXPECT_FALSE(ring.pop(value));
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(i));
    EXPECT_TRUE(ring.full());
    EXPECT_FALSE(ring.push(4));
    EXPECT_TRUE(ring.pop(value));
    EXPECT_EQ(value, 0);
    EXPECT_FALSE(ring.full());
}

TEST(SpscRing, KeepsOrderBetweenThreads) {
    constexpr int kCount = 200'000;
    SpscRing<int> ring(64);
    std::thread producer([&] {
        for (int i = 0; i < kCount;)
            if (ring.push(i))
                ++i;
            else
                std::this_thread::yield();
    });
    for (int expected = 0; expected < kCount;) {
        int value = -1;
        if (!ring.pop(value)) {
            std::this_thread::yield();
            continue;
        }
        ASSERT_EQ(value, expected);
        ++expected;
    }
    producer.join();
}

}  // namespace
}  // namespace strata::dataplane

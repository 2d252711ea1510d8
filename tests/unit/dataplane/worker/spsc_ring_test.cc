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

TEST(SpscRing, ElementsAreWrittenAndReadInPlace) {
    SpscRing<int> ring(4);
    EXPECT_EQ(ring.ready(), 0u);
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 4; ++i) {
            int* const place = ring.place();
            ASSERT_NE(place, nullptr);
            *place = 10 * round + i;
            EXPECT_EQ(ring.ready(), static_cast<std::size_t>(i)) << "not pushed yet";
            ring.push_placed();
        }
        EXPECT_EQ(ring.place(), nullptr);
        ASSERT_EQ(ring.ready(), 4u);
        EXPECT_EQ(ring.at(3), 10 * round + 3);
        for (int i = 0; i < 4; ++i) {
            EXPECT_EQ(ring.at(0), 10 * round + i);
            ring.pop_oldest();
        }
    }
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

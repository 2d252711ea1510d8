#include "dataplane/worker/punt_ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <thread>

namespace strata::dataplane {
namespace {

std::vector<std::uint8_t> datagram(std::size_t size, std::uint8_t fill) {
    return std::vector<std::uint8_t>(size, fill);
}

TEST(PuntRing, KeepsOrderAndBytesOverManyRounds) {
    PuntRing ring(8'192);
    std::deque<std::pair<std::uint64_t, std::vector<std::uint8_t>>> expected;
    std::mt19937 random(1);
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        const auto bytes = datagram(random() % (kMaxPuntBytes + 1), static_cast<std::uint8_t>(i));
        if (ring.push(i, bytes)) expected.emplace_back(i, bytes);
        if (random() % 2 != 0 || expected.empty()) continue;
        const auto record = ring.front();
        ASSERT_TRUE(record);
        ASSERT_EQ(record->transport, expected.front().first);
        ASSERT_TRUE(std::ranges::equal(record->datagram, expected.front().second));
        ring.pop();
        expected.pop_front();
    }
    for (; !expected.empty(); expected.pop_front(), ring.pop())
        ASSERT_EQ(ring.front()->transport, expected.front().first);
    EXPECT_FALSE(ring.front());
}

TEST(PuntRing, IsBoundedAndTakesWhatFitsAgainAfterwards) {  // C52
    PuntRing ring(4'096);
    int pushed = 0;
    while (ring.push(7, datagram(1'000, 1))) ++pushed;
    EXPECT_GE(pushed, 3);
    EXPECT_LE(pushed, 8);
    EXPECT_FALSE(ring.push(7, datagram(1'000, 1)));
    ring.front();
    ring.pop();
    ring.front();
    ring.pop();
    EXPECT_TRUE(ring.push(8, datagram(1'000, 2)));
    EXPECT_FALSE(ring.push(8, datagram(kMaxPuntBytes + 1, 2)));
    EXPECT_TRUE(PuntRing(1).push(1, datagram(kMaxPuntBytes, 3)));
}

TEST(PuntRing, BetweenTwoThreads) {
    PuntRing ring(16'384);
    constexpr std::uint64_t kCount = 20'000;
    std::jthread writer([&] {
        for (std::uint64_t i = 0; i < kCount;)
            if (ring.push(i, datagram(i % 700, static_cast<std::uint8_t>(i)))) ++i;
    });
    for (std::uint64_t i = 0; i < kCount;) {
        const auto record = ring.front();
        if (!record) continue;
        ASSERT_EQ(record->transport, i);
        ASSERT_TRUE(
            std::ranges::equal(record->datagram, datagram(i % 700, static_cast<std::uint8_t>(i))));
        ring.pop();
        ++i;
    }
}

}  // namespace
}  // namespace strata::dataplane

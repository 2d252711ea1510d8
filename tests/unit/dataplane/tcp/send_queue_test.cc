#include "dataplane/tcp/send_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace strata::dataplane {
namespace {

constexpr relay::TimeUs kMs = 1'000, kSecond = 1'000'000;
constexpr TxClass kTop = layer_class(0, 2, 2), kMiddle = layer_class(0, 1, 0);

class SendQueueTest : public testing::Test {
  protected:
    void push(TxClass c, std::uint32_t size = 1'000) {
        queue_.push({.bytes = std::make_unique<std::uint8_t[]>(size), .size = size, .tx_class = c},
                    now_);
    }
    // All that is left, in the order in which it leaves.
    std::vector<TxClass> rest() {
        std::vector<TxClass> classes;
        while (auto packet = queue_.pop()) classes.push_back(packet->tx_class);
        return classes;
    }
    std::uint64_t dropped() const {
        std::uint64_t sum = 0;
        for (const auto* counters : {&drops_.full, &drops_.late, &drops_.held_back})
            for (const std::uint64_t n : *counters) sum += n;
        return sum;
    }
    // Nothing waits for so long; the sweep goes on.
    void calm(relay::TimeUs us) {
        for (const relay::TimeUs end = now_ + us; now_ < end; now_ += 20 * kMs) queue_.expire(now_);
    }

    SendQueueDrops drops_;
    SendQueue queue_{{.bytes = 10'000, .wait_us = 400 * kMs}, drops_};
    relay::TimeUs now_ = kSecond;
};

TEST_F(SendQueueTest, KeepsTheOrderOfVideoAndLetsAudioPass) {
    push(TxClass::base);
    push(kTop);
    push(TxClass::audio, 100);
    push(TxClass::base);
    EXPECT_EQ(queue_.bytes(), 3'100u);
    EXPECT_EQ(rest(), (std::vector{TxClass::audio, TxClass::base, kTop, TxClass::base}));
    EXPECT_TRUE(queue_.empty());
    EXPECT_EQ(queue_.bytes(), 0u);
}

TEST_F(SendQueueTest, UpperLayersGoFirst) {  // C40
    for (int i = 0; i < 3; ++i)
        for (const TxClass c : {TxClass::base, kMiddle, kTop}) push(c, 900);
    // Over its 75 % the top layer is out, as a whole and for some time.
    EXPECT_EQ(drops_.full[2], 1u);
    push(kTop);
    EXPECT_EQ(drops_.held_back[2], 1u);
    EXPECT_EQ(queue_.uppermost(), static_cast<TxClass>(static_cast<int>(kTop) - 1));
    push(TxClass::base, 900);
    push(kMiddle, 900);
    EXPECT_EQ(drops_.full[2], 3u);  // what waited of it made room for a lower one
    push(kMiddle, 900);             // over 75 % again: the next layer goes
    EXPECT_LT(queue_.uppermost(), kMiddle);
    for (int i = 0; i < 20; ++i) push(TxClass::base, 900);
    EXPECT_LE(queue_.bytes(), 9'000u);
    EXPECT_EQ(queue_.uppermost(), TxClass::audio);
    EXPECT_EQ(drops_.full[0] + drops_.late[0], 0u);
    for (int i = 0; i < 5; ++i) push(TxClass::audio, 200);
    const auto left = rest();
    EXPECT_EQ(std::ranges::count(left, TxClass::audio), 5);
    EXPECT_EQ(std::ranges::count(left, kTop), 0);
}

TEST_F(SendQueueTest, AudioIsTheLastToGo) {  // C40
    for (int i = 0; i < 9; ++i) push(TxClass::base);
    push(TxClass::audio);
    push(TxClass::audio);  // 11,000 bytes: video has to go
    EXPECT_EQ(drops_.full[1], 9u);
    for (int i = 0; i < 8; ++i) push(TxClass::audio);
    EXPECT_EQ(drops_.full[0], 0u);
    push(TxClass::audio);
    EXPECT_EQ(drops_.full[0], 1u);
    EXPECT_EQ(queue_.bytes(), 10'000u);
}

TEST_F(SendQueueTest, NothingWaitsLongerThanItsShare) {
    push(TxClass::base);
    push(kMiddle);
    push(kTop);
    now_ += 300 * kMs;
    queue_.expire(now_);
    EXPECT_EQ(drops_.late[2], 0u);
    now_ += 5 * kMs;  // 75 % of 400 ms have passed
    queue_.expire(now_);
    EXPECT_EQ(drops_.late[2], 1u);
    queue_.expire(now_);
    EXPECT_EQ(drops_.late[2], 2u);
    EXPECT_EQ(drops_.late[1], 0u);
    push(TxClass::audio);
    now_ += 60 * kMs;
    queue_.expire(now_);
    EXPECT_EQ(drops_.late[1], 1u);
    EXPECT_EQ(queue_.packets(), 1u);
    now_ += 401 * kMs;
    queue_.expire(now_);
    EXPECT_EQ(drops_.late[0], 1u);
    EXPECT_TRUE(queue_.empty());
}

TEST_F(SendQueueTest, LayersComeBackOneByOneWhenItIsCalm) {
    for (int i = 0; i < 5; ++i)
        for (const TxClass c : {TxClass::base, kMiddle, kTop}) push(c, 700);
    for (int i = 0; i < 8; ++i) push(TxClass::base, 1'000);
    push(kMiddle);
    push(kTop);
    ASSERT_EQ(queue_.uppermost(), TxClass::audio);
    rest();
    calm(900 * kMs);
    EXPECT_EQ(queue_.uppermost(), TxClass::audio);
    calm(200 * kMs);
    EXPECT_EQ(queue_.uppermost(), TxClass::base);
    calm(kSecond);
    EXPECT_EQ(queue_.uppermost(), kMiddle);
    calm(kSecond);
    EXPECT_EQ(queue_.uppermost(), kTop);
    calm(kSecond);
    EXPECT_EQ(queue_.uppermost(), kHighestTxClass);
}

TEST_F(SendQueueTest, ALayerThatIsTooMuchAgainWaitsLonger) {
    const auto overload = [&] {
        for (int i = 0; i < 12; ++i) push(kTop);
        rest();
    };
    overload();
    calm(1'100 * kMs);
    ASSERT_EQ(queue_.uppermost(), kTop);
    overload();
    calm(1'100 * kMs);
    EXPECT_LT(queue_.uppermost(), kTop);
    calm(kSecond);
    EXPECT_EQ(queue_.uppermost(), kTop);
}

TEST_F(SendQueueTest, EveryPacketHasOneFate) {
    std::uint64_t pushed = 0, left = 0;
    std::uint32_t seed = 1;
    for (int i = 0; i < 20'000; ++i) {
        seed = seed * 1'664'525 + 1'013'904'223;
        const std::uint32_t dice = seed >> 16;
        push(dice % 5 == 0 ? TxClass::audio : layer_class(dice / 8 % 3, dice / 32 % 3, dice % 3),
             100 + dice % 1'200);
        ++pushed;
        now_ += dice % 3'000;
        if (dice % 3 != 0 && queue_.pop()) ++left;
        if (dice % 16 == 0) queue_.expire(now_);
        ASSERT_LE(queue_.bytes(), 10'000u);
    }
    EXPECT_EQ(pushed, left + dropped() + queue_.packets());
    EXPECT_GT(drops_.full[2], 0u);
    left += rest().size();
    EXPECT_EQ(pushed, left + dropped());
}

}  // namespace
}  // namespace strata::dataplane

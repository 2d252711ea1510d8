#include "relay/rtp/byte_order.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane {
namespace {

class KeepsCheckpoints : public testing::Test {
  protected:
    KeepsCheckpoints() {
        relay_.state->keep_checkpoints(store_, 3'600'000'000, [this] { return relay_.now; });
        EXPECT_EQ(relay_.transport(1, 2), "");
        EXPECT_EQ(relay_.track(2, 1, "opus", {1111}), "");
        EXPECT_EQ(relay_.transport(3, 11), "");
        EXPECT_EQ(relay_.subscription(4, 2, 3, 7000), "");
    }
    void send(int n) {
        for (int i = 0; i < n; ++i)
            relay_.receive(Relay::peer(2), rtp({.ssrc = 1111, .sequence = sequence_++}));
    }
    // What is stored; claiming it again doesn't disturb the worker.
    std::optional<CheckpointNumbers> stored(CheckpointKind kind, std::uint64_t id,
                                            std::uint32_t part = 0) {
        return store_.claim({.kind = kind, .part = part, .id = id}).stored;
    }

    CheckpointStore store_ = CheckpointStore::open("", {.capacity = 64}, 1).value();
    Relay relay_;
    std::uint16_t sequence_ = 65'500;
};

TEST_F(KeepsCheckpoints, EveryQuarterOfASecond) {  // C53
    relay_.pass(300'000);
    EXPECT_FALSE(stored(CheckpointKind::outgoing, 3, 7000)) << "nothing was sent";
}

TEST_F(KeepsCheckpoints, WhatWasSentLast) {
    send(100);
    relay_.pass(260'000);
    const auto sent = relay_.media_to(Relay::peer(11));
    const auto numbers = stored(CheckpointKind::outgoing, 3, 7000);
    ASSERT_TRUE(numbers);
    EXPECT_EQ(static_cast<std::uint16_t>(numbers->extended_sequence),
              relay::load_be16(&sent.back().packet[2]) + 1);
    EXPECT_EQ(numbers->timestamp, relay::load_be32(&sent.back().packet[4]));
    EXPECT_EQ(numbers->packets, 100u);
    EXPECT_EQ(numbers->packets_per_interval, 100u);
    EXPECT_EQ(numbers->ssrc, 7000u);
}

TEST_F(KeepsCheckpoints, WhatArrivedHighest) {
    send(100);
    relay_.pass(600'000);
    const auto numbers = stored(CheckpointKind::inbound, 2);
    ASSERT_TRUE(numbers);
    EXPECT_EQ(numbers->extended_sequence, 65'599u);
    EXPECT_EQ(numbers->ssrc, 1111u);
}

TEST_F(KeepsCheckpoints, AnIdleStreamStaysYoung) {
    send(10);
    relay_.pass(5'000'000);
    const auto numbers = stored(CheckpointKind::outgoing, 3, 7000);
    ASSERT_TRUE(numbers);
    EXPECT_GT(numbers->written_us, relay_.now - 300'000);
    EXPECT_EQ(numbers->packets_per_interval, 0u);
    EXPECT_EQ(numbers->packets, 10u);
}

TEST_F(KeepsCheckpoints, AtRemovalToo) {
    send(10);
    relay_.remove(api::SUBSCRIPTION, 4);
    const auto numbers = stored(CheckpointKind::outgoing, 3, 7000);
    ASSERT_TRUE(numbers);
    EXPECT_EQ(numbers->packets, 10u);
}

// Nobody uses it any more, but who comes next on its SSRC will go on from there.
TEST_F(KeepsCheckpoints, AnEmptySlotStaysYoung) {
    send(10);
    relay_.remove(api::SUBSCRIPTION, 4);
    relay_.pass(5'000'000);
    const auto numbers = stored(CheckpointKind::outgoing, 3, 7000);
    ASSERT_TRUE(numbers);
    EXPECT_GT(numbers->written_us, relay_.now - 1'100'000);
    EXPECT_EQ(numbers->packets, 10u);
}

}  // namespace
}  // namespace strata::dataplane

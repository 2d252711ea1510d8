// What one turn does at most, however large a room is.
#include <algorithm>

#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane {
namespace {

using api::WorkerCounter;

static_assert(burst_for(0, 32) == 32);
static_assert(burst_for(2'048, 32) == 32);
static_assert(burst_for(5'000, 32) == 13);
static_assert(burst_for(1'000'000, 32) == 1);
static_assert(burst_for(0, 0) == 1);

constexpr std::uint32_t kSsrc = 1111;
constexpr std::uint64_t kReceivers = 5'000;
constexpr std::uint16_t kPackets = 32;

class LargeRoom : public ::testing::Test {
  protected:
    LargeRoom() {
        EXPECT_EQ(relay_.transport(1, 2), "");
        EXPECT_EQ(relay_.track(2, 1, "opus", {kSsrc}), "");
        for (std::uint64_t i = 0; i < kReceivers; ++i) {
            api::Object peer = transport_object(10 + 2 * i, 3);
            peer.mutable_transport()->set_remote_port(static_cast<std::uint32_t>(10'000 + i));
            EXPECT_EQ(relay_.put(peer), "");
            EXPECT_EQ(relay_.subscription(11 + 2 * i, 2, 10 + 2 * i, 7'000), "");
        }
    }
    void push(std::uint16_t sequence) {
        ASSERT_TRUE(relay_.port.push(
            Relay::flow(Relay::peer(2)),
            rtp({.ssrc = kSsrc, .sequence = sequence, .timestamp = sequence * 960u})));
    }
    // Packets out, without reports.
    std::size_t one_turn() {
        relay_.sent.clear();
        relay_.worker->turn(relay_.now, kPackets);
        return static_cast<std::size_t>(std::ranges::count_if(
            relay_.sent, [](const Relay::Sent& one) { return (one.packet[1] & 0x7f) == 111; }));
    }

    Relay relay_;
};

TEST_F(LargeRoom, ABurstIsAsShortAsItsFanOutIsLarge) {
    relay_.now += 20'000;  // its timers have had their turn
    relay_.turn();
    for (std::uint16_t i = 0; i < kPackets; ++i) push(i);
    std::size_t all = 0;
    int turns = 0;
    for (; all < kPackets * kReceivers; ++turns) {
        ASSERT_LT(turns, 10);
        const std::size_t sent = one_turn();
        EXPECT_LE(sent, kOutputsPerBurst);
        all += sent;
    }
    EXPECT_EQ(turns, 3);
    relay_.expect_equations();
    // Once most have left, bursts are whole again.
    for (std::uint64_t i = 100; i < kReceivers; ++i) relay_.remove(api::SUBSCRIPTION, 11 + 2 * i);
    relay_.pass(3 * kAudienceRoundUs);
    for (std::uint16_t i = 0; i < kPackets; ++i) push(static_cast<std::uint16_t>(kPackets + i));
    EXPECT_EQ(one_turn(), kPackets * 100u);
}

// A publisher of whom every other packet is lost: each is an empty packet to each receiver.
TEST_F(LargeRoom, HolesAreClosedOverManyTurns) {
    constexpr std::uint16_t kHoles = 20;
    for (std::uint16_t i = 0; i <= kHoles; ++i) {
        push(static_cast<std::uint16_t>(2 * i));
        relay_.now += 1'000;
        relay_.turn();
    }
    std::size_t closed = 0, most = 0;
    for (int turn = 0; turn < 4'000 && closed < kHoles * kReceivers; ++turn) {
        relay_.now += 1'000;
        const std::size_t sent = one_turn();
        most = std::max(most, sent);
        closed += sent;
    }
    EXPECT_EQ(closed, kHoles * kReceivers);
    EXPECT_LE(most, kClosingPacketsPerTurn + kReceivers);
    relay_.expect_equations();
}

}  // namespace
}  // namespace strata::dataplane

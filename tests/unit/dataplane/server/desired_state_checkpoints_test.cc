#include <set>

#include "relay/rtp/byte_order.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"

// A data plane goes on where another one with the same memory stopped (C53).
namespace strata::dataplane {
namespace {

using api::WorkerCounter;

constexpr relay::TimeUs kAgeUs = 3'600'000'000;

std::uint16_t sequence_of(const Relay::Sent& sent) { return relay::load_be16(&sent.packet[2]); }
std::uint32_t timestamp_of(const Relay::Sent& sent) { return relay::load_be32(&sent.packet[4]); }

class Restart : public testing::Test {
  protected:
    // The next data plane, `gap` after the last one's end.
    Relay& start(relay::TimeUs gap = 0) {
        relay_.reset();
        relay_ = std::make_unique<Relay>();
        relay_->now = now_ = now_ + gap;
        relay_->state->keep_checkpoints(store_, kAgeUs, [this] { return relay_->now; });
        return *relay_;
    }
    void room(std::uint32_t ssrc = 7000) {
        ASSERT_EQ(relay_->transport(1, 2), "");
        ASSERT_EQ(relay_->track(2, 1, "opus", {1111}), "");
        ASSERT_EQ(relay_->transport(3, 11), "");
        ASSERT_EQ(relay_->subscription(4, 2, 3, ssrc), "");
    }
    // `n` packets, 20 ms of 48 kHz each, of a publisher that knows nothing of restarts.
    void talk(int n) {
        for (int i = 0; i < n; ++i) {
            relay_->receive(
                Relay::peer(2),
                rtp({.ssrc = 1111, .sequence = sequence_++, .timestamp = 960u * sequence_}));
            relay_->pass(20'000);
        }
        now_ = relay_->now;
    }
    std::vector<Relay::Sent> heard() { return relay_->media_to(Relay::peer(11)); }

    CheckpointStore store_ = CheckpointStore::open("", {.capacity = 64}, 1).value();
    std::unique_ptr<Relay> relay_;
    relay::TimeUs now_ = 1'000'000;
    std::uint16_t sequence_ = 65'000;
};

TEST_F(Restart, AReceiverSeesOneStream) {
    start();
    room();
    talk(100);
    const Relay::Sent last = heard().back();
    start(300'000);
    room();
    EXPECT_EQ((*relay_)[WorkerCounter::streams_resumed], 1u);
    talk(10);
    ASSERT_EQ(heard().size(), 10u);
    const Relay::Sent first = heard().front();
    const auto jump = static_cast<std::uint16_t>(sequence_of(first) - sequence_of(last));
    EXPECT_GT(jump, 50);  // packets per second
    EXPECT_LT(jump, 1 << 15);
    const std::uint32_t forward = timestamp_of(first) - timestamp_of(last);
    EXPECT_GT(forward, 48u * 300);
    EXPECT_LT(forward, 48u * 700);
    relay_->expect_equations();
}

TEST_F(Restart, CrashAfterCrashNeverRepeatsANumber) {  // C25
    std::set<std::uint64_t> seen;
    std::uint64_t newest = 0;
    for (int round = 0; round < 6; ++round) {
        start(1'000);
        room();
        talk(3);  // less than a checkpoint's interval
        for (const Relay::Sent& sent : heard()) {
            const std::uint16_t sequence = sequence_of(sent);
            newest = newest == 0 ? sequence : extend_forward(newest, sequence);
            EXPECT_TRUE(seen.insert(newest).second) << round;
        }
    }
    EXPECT_EQ(seen.size(), 18u);
    EXPECT_LT(*seen.rbegin() - *seen.begin(), 6u << 15) << "none of them went back";
}

TEST_F(Restart, AnotherSsrcBeginsAnew) {
    start();
    room();
    talk(20);
    start(1'000);
    room(7001);
    EXPECT_EQ((*relay_)[WorkerCounter::streams_resumed], 0u);
}

TEST_F(Restart, ARebuiltTrackKeepsItsReceiversNumbers) {
    start();
    room();
    talk(30);
    const Relay::Sent last = heard().back();
    ASSERT_EQ(relay_->track(2, 1, "opus", {1111, 2222}), "");
    EXPECT_EQ((*relay_)[WorkerCounter::streams_resumed], 0u);
    talk(1);
    EXPECT_EQ(sequence_of(heard().back()), static_cast<std::uint16_t>(sequence_of(last) + 1));
}

// RFC 3550 section 6.4.1: the extended highest sequence number goes on over the wrap.
TEST_F(Restart, ReportsToPublishersKeepTheirCycles) {
    start();
    room();
    talk(600);  // over 65,535
    start(1'000);
    room();
    talk(60);
    std::uint32_t highest = 0;
    for (const Relay::Sent& sent : relay_->rtcp_to(Relay::peer(2)))
        if (sent.packet[1] == 201 && sent.packet.size() >= 32)
            highest = relay::load_be32(&sent.packet[16]);
    EXPECT_EQ(highest >> 16, 1u);
}

}  // namespace
}  // namespace strata::dataplane

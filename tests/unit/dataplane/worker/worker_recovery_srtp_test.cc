#include <gtest/gtest.h>

#include "tests/unit/dataplane/worker/rtcp_packets.h"
#include "tests/unit/dataplane/worker/srtp_peer.h"

// Retransmissions to peers whose packets are encrypted: on the RTX SSRC with fresh indexes, or not
// at all (C25).
namespace strata::dataplane::worker_recovery_srtp_test {
namespace {

using api::WorkerCounter;
using relay::SrtpProfile;

constexpr std::uint32_t kSsrc = 1111, kMedia = 7000, kRtx = 7001;
constexpr std::uint8_t kRtxType = 97;
const Endpoint kPublisher = Relay::peer(2), kReceiver = Relay::peer(11);

class SecureRecovery : public ::testing::TestWithParam<SrtpProfile> {
  protected:
    void start(bool rtx) {
        relay_.reset();
        relay_ = std::make_unique<Relay>();
        relay_->now = now_ += 300'000;
        relay_->state->keep_checkpoints(store_, 3'600'000'000, [this] { return relay_->now; });
        ASSERT_EQ(relay_->transport(1, 2), "");
        ASSERT_EQ(relay_->track(2, 1, "opus", {kSsrc}), "");
        ASSERT_EQ(relay_->put(secure_transport_object(3, 11, receiver_.security)), "");
        subscribe(rtx);
    }
    void subscribe(bool rtx) {
        api::Object object;
        api::Subscription& leg = *object.mutable_subscription();
        leg.set_id(4);
        leg.set_track(2);
        leg.set_transport(3);
        leg.set_ssrc(kMedia);
        leg.set_payload_type(111);
        if (rtx) {
            leg.set_rtx_ssrc(kRtx);
            leg.set_rtx_payload_type(kRtxType);
        }
        ASSERT_EQ(relay_->put(object), "");
    }
    // `n` packets of 20 ms each, of which the receiver misses and asks for every second one. How
    // many of them it could read in the end.
    std::size_t talk(int n) {
        std::vector<relay::SequenceNumber> missing;
        for (int i = 0; i < n; ++i) {
            relay_->sent.clear();
            relay_->receive(kPublisher, rtp({.ssrc = kSsrc,
                                             .sequence = sequence_++,
                                             .timestamp = 960u * sequence_,
                                             .payload = Packet(100, 0x42)}));
            for (const Relay::Sent& one : relay_->media_to(kReceiver))
                if (i % 2 == 1) missing.push_back({relay::load_be16(&one.packet[2])});
            relay_->pass(20'000);
        }
        relay_->sent.clear();
        ask(missing);
        now_ = relay_->now;
        std::size_t repaired = 0;
        for (const Relay::Sent& one : relay_->media_to(kReceiver)) {
            const auto plain = receiver_.unprotect(one.packet);
            if (!plain) continue;
            EXPECT_EQ(relay::load_be32(&(*plain)[8]), kRtx);
            EXPECT_EQ((*plain)[1] & 0x7f, kRtxType);
            EXPECT_EQ(relay::load_be16(&(*plain)[12]), missing[repaired].value) << "C26";
            EXPECT_EQ(Packet(plain->begin() + 14, plain->end()), Packet(100, 0x42));
            ++repaired;
        }
        return repaired;
    }
    void ask(const std::vector<relay::SequenceNumber>& numbers) {
        relay_->receive(kReceiver, receiver_.protect(nack_of(kMedia, numbers)));
    }

    CheckpointStore store_ = CheckpointStore::open("", {.capacity = 64}, 1).value();
    SrtpPeer receiver_{GetParam(), 20};
    std::unique_ptr<Relay> relay_;
    relay::TimeUs now_ = 1'000'000;
    std::uint16_t sequence_ = 65'500;
};

TEST_P(SecureRecovery, ComesOnTheRtxSsrcAndCanBeRead) {  // C25, C26
    start(true);
    for (int round = 0; round < 5; ++round) EXPECT_EQ(talk(40), 20u) << round;
    EXPECT_EQ((*relay_)[WorkerCounter::retransmissions_out], 100u);
    EXPECT_EQ((*relay_)[api::TxDrop::index_used], 0u);
    relay_->expect_equations();
}

TEST_P(SecureRecovery, WithoutRtxNothingIsSentAgain) {  // C25
    start(false);
    EXPECT_EQ(talk(40), 0u);
    EXPECT_TRUE(relay_->media_to(kReceiver).empty());
    EXPECT_EQ((*relay_)[WorkerCounter::nacks_unanswerable], 20u);
    EXPECT_EQ((*relay_)[WorkerCounter::history_packets], 0u) << "nothing is kept for nobody";
    relay_->expect_equations();
}

TEST_P(SecureRecovery, ASubscriptionThatComesBackUsesNoIndexTwice) {  // C25
    start(true);
    for (int round = 0; round < 4; ++round) {
        EXPECT_EQ(talk(20), 10u) << round;
        relay_->remove(api::SUBSCRIPTION, 4);
        subscribe(true);
    }
    EXPECT_EQ((*relay_)[api::TxDrop::index_used], 0u);
}

// RTX numbers jump by two thousand at each restart: the roll-over counter is passed on the way.
TEST_P(SecureRecovery, ReadsOnOverRestartsAndTheRollOver) {  // C53
    start(true);
    for (int round = 0; round < 36; ++round) {
        ASSERT_EQ(talk(20), 10u) << round;
        relay_->pass(300'000);
        now_ = relay_->now;
        start(true);
    }
    EXPECT_EQ(talk(20), 10u);
}

INSTANTIATE_TEST_SUITE_P(Profiles, SecureRecovery,
                         ::testing::Values(SrtpProfile::aead_aes_128_gcm,
                                           SrtpProfile::aes128_cm_sha1_80));

}  // namespace
}  // namespace strata::dataplane::worker_recovery_srtp_test

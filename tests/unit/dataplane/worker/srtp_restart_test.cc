#include <gtest/gtest.h>

#include "tests/unit/dataplane/worker/srtp_peer.h"

// Peers that notice nothing of a data plane that starts again under the same keys: no index is used
// twice and every roll-over counter is known (C25, C53).
namespace strata::dataplane {
namespace {

using api::RxDrop;
using relay::SrtpProfile;

class SrtpRestart : public ::testing::Test {
  protected:
    void start() {
        relay_.reset();
        relay_ = std::make_unique<Relay>();
        relay_->now = now_ += 300'000;
        relay_->state->keep_checkpoints(store_, 3'600'000'000, [this] { return relay_->now; });
        transport(1, 2, publisher_);
        ASSERT_EQ(relay_->track(2, 1, "opus", {1111}), "");
        transport(3, 11, receiver_);
        ASSERT_EQ(relay_->subscription(4, 2, 3, 7000), "");
    }
    void transport(std::uint64_t id, std::uint8_t last_byte, const SrtpPeer& peer) {
        ASSERT_EQ(relay_->put(secure_transport_object(id, last_byte, peer.security)), "");
    }
    // `n` packets of 20 ms each.
    void talk(int n) {
        for (int i = 0; i < n; ++i) {
            const Packet packet = publisher_.protect(
                rtp({.ssrc = 1111, .sequence = sequence_++, .timestamp = 960u * sequence_}));
            relay_->receive(Relay::peer(2), packet);
            if (i == n - 40) old_ = packet;  // 800 ms before the end: a checkpoint knows it
            relay_->pass(20'000);
        }
        now_ = relay_->now;
    }
    // How many of the packets the peer could read.
    std::size_t read(SrtpPeer& peer, const std::vector<Relay::Sent>& packets) {
        std::size_t count = 0;
        for (const Relay::Sent& sent : packets) count += peer.unprotect(sent.packet).has_value();
        return count;
    }

    CheckpointStore store_ = CheckpointStore::open("", {.capacity = 64}, 1).value();
    SrtpPeer publisher_{SrtpProfile::aead_aes_128_gcm, 10};
    SrtpPeer receiver_{SrtpProfile::aes128_cm_sha1_80, 20};
    std::unique_ptr<Relay> relay_;
    relay::TimeUs now_ = 1'000'000;
    std::uint16_t sequence_ = 65'500;
    Packet old_;
};

TEST_F(SrtpRestart, PeersReadOn) {
    start();
    talk(200);
    EXPECT_EQ(read(receiver_, relay_->media_to(Relay::peer(11))), 200u);
    const auto reports = relay_->rtcp_to(Relay::peer(2));
    ASSERT_FALSE(reports.empty());
    EXPECT_EQ(read(publisher_, reports), reports.size());
    for (int round = 0; round < 3; ++round) {
        start();
        relay_->receive(Relay::peer(2), old_);
        EXPECT_EQ((*relay_)[RxDrop::srtp_replay], 1u);
        talk(60);  // behind the publisher's roll-over
        EXPECT_EQ(read(receiver_, relay_->media_to(Relay::peer(11))), 60u) << round;
        const auto later = relay_->rtcp_to(Relay::peer(2));
        ASSERT_FALSE(later.empty());
        EXPECT_EQ(read(publisher_, later), later.size());
        relay_->expect_equations();
    }
}

}  // namespace
}  // namespace strata::dataplane

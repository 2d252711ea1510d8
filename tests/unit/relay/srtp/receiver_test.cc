#include "relay/srtp/receiver.h"

#include <gtest/gtest.h>

#include "relay/rtp/byte_order.h"
#include "tests/unit/relay/srtp/reference_cipher.h"

namespace strata::relay {
namespace {

using Bytes = std::vector<std::uint8_t>;

class SrtpReceiverTest : public ::testing::Test {
  protected:
    static SrtpMasterKey master(std::uint8_t byte) {
        SrtpMasterKey out;
        out.profile = SrtpProfile::aead_aes_128_gcm;
        out.key.fill(byte);
        return out;
    }
    Bytes rtp(std::uint64_t index, std::uint32_t ssrc = 1) { return rtp(keys_, index, ssrc); }
    Bytes rtp(const SrtpKeys& keys, std::uint64_t index, std::uint32_t ssrc = 1) {
        Bytes packet(12 + 4 + 16, 0x33);
        packet[0] = 0x80;
        store_be16(&packet[2], static_cast<std::uint16_t>(index));
        store_be32(&packet[8], ssrc);
        CipherJob job;
        frame_sent_rtp(keys, {packet.data(), 12, 4}, index, job);
        engine_.seal({&job, 1});
        return packet;
    }
    Bytes rtcp(std::uint32_t index, std::uint32_t ssrc = 1) {
        Bytes packet(12 + 20, 0);
        packet[0] = 0x80;
        packet[1] = 201;
        store_be32(&packet[4], ssrc);
        CipherJob job;
        frame_sent_rtcp(keys_, packet, 12, index, job);
        engine_.seal({&job, 1});
        return packet;
    }
    SrtpVerdict receive(SrtpReceiver& receiver, Bytes packet) {
        SrtpReceiver::Packet work;
        const bool rtcp = packet.size() > 1 && packet[1] >= 192 && packet[1] <= 223;
        const SrtpVerdict begun =
            rtcp ? receiver.begin_rtcp(packet, work) : receiver.begin_rtp(packet, work);
        if (begun != SrtpVerdict::ok) return begun;
        engine_.open({&work.job, 1});
        return receiver.finish(work);
    }

    ReferenceCipher engine_;
    SrtpKeys keys_{master(1), engine_};
    SrtpReceiver receiver_{keys_, {.max_ssrcs = 2, .window_packets = 1'024}};
};

// C25: sequence numbers wrap, packets come late around the wrap.
TEST_F(SrtpReceiverTest, FollowsTheRollOverCounter) {
    for (const std::uint64_t index : {65'530ULL, 65'535ULL, 0x10002ULL, 65'533ULL, 0x10000ULL})
        EXPECT_EQ(receive(receiver_, rtp(index)), SrtpVerdict::ok) << index;
    EXPECT_EQ(receiver_.rtp().find(1)->highest(), 0x10002u);
}

// C47.
TEST_F(SrtpReceiverTest, CountsAReplayAsOne) {
    EXPECT_EQ(receive(receiver_, rtp(500)), SrtpVerdict::ok);
    EXPECT_EQ(receive(receiver_, rtp(500)), SrtpVerdict::replayed);
    EXPECT_EQ(receive(receiver_, rtcp(9)), SrtpVerdict::ok);
    EXPECT_EQ(receive(receiver_, rtcp(9)), SrtpVerdict::replayed);
    EXPECT_EQ(receive(receiver_, rtcp(8)), SrtpVerdict::ok);
}

// Both pass the first look, since neither is accepted yet.
TEST_F(SrtpReceiverTest, FindsACopyInTheSameBatch) {
    Bytes a = rtp(500), b = a;
    std::array<SrtpReceiver::Packet, 2> work;
    ASSERT_EQ(receiver_.begin_rtp(a, work[0]), SrtpVerdict::ok);
    ASSERT_EQ(receiver_.begin_rtp(b, work[1]), SrtpVerdict::ok);
    engine_.open({&work[0].job, 1});
    engine_.open({&work[1].job, 1});
    EXPECT_EQ(receiver_.finish(work[0]), SrtpVerdict::ok);
    EXPECT_EQ(receiver_.finish(work[1]), SrtpVerdict::replayed);
}

// C38: what isn't authentic leaves nothing behind.
TEST_F(SrtpReceiverTest, AForgedPacketLeavesNoState) {
    Bytes forged = rtp(500);
    forged.back() = static_cast<std::uint8_t>(forged.back() ^ 1);
    EXPECT_EQ(receive(receiver_, forged), SrtpVerdict::not_authentic);
    EXPECT_EQ(receiver_.rtp().size(), 0u);
    EXPECT_EQ(receive(receiver_, rtp(500)), SrtpVerdict::ok);
    for (const std::uint32_t ssrc : {2u, 3u}) receive(receiver_, rtp(1, ssrc));
    EXPECT_EQ(receiver_.rtp().size(), 2u);
    EXPECT_EQ(receive(receiver_, rtp(1, 4)), SrtpVerdict::no_room);
}

TEST_F(SrtpReceiverTest, ShortPacketsAreMalformed) {
    EXPECT_EQ(receive(receiver_, Bytes(11, 0x80)), SrtpVerdict::malformed);
    EXPECT_EQ(receive(receiver_, Bytes(27, 0x80)), SrtpVerdict::malformed);
    EXPECT_EQ(receive(receiver_, {0x80, 201, 0, 0}), SrtpVerdict::malformed);
}

// RFC 3711 section 3.3.1: the roll-over counter outlives its key.
TEST_F(SrtpReceiverTest, NewKeysGoOnCounting) {
    EXPECT_EQ(receive(receiver_, rtp(65'535)), SrtpVerdict::ok);
    EXPECT_EQ(receive(receiver_, rtp(0x10000)), SrtpVerdict::ok);
    const SrtpKeys other(master(2), engine_);
    SrtpReceiver after(other, {});
    after.continue_from(receiver_);
    EXPECT_EQ(receive(after, rtp(0x10001)), SrtpVerdict::not_authentic);
    EXPECT_EQ(receive(after, rtp(other, 0x10001)), SrtpVerdict::ok);
}

}  // namespace
}  // namespace strata::relay

// Both ways against libsrtp2, and a capture of somebody else's SRTP.
#include <srtp2/srtp.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "dataplane/crypto/engine.h"
#include "relay/rtp/byte_order.h"
#include "relay/srtp/outbound_stream.h"
#include "relay/srtp/receiver.h"
#include "source_folders.h"
#include "tests/unit/dataplane/crypto/cross_check.h"

namespace strata::dataplane {
namespace {

using relay::SrtpProfile;
using relay::SrtpVerdict;

// A libsrtp session of one direction under the same master key.
class LibSrtp {
  public:
    LibSrtp(const relay::SrtpMasterKey& master, srtp_ssrc_type_t direction) {
        static const bool initialised = srtp_init() == srtp_err_status_ok;
        EXPECT_TRUE(initialised);
        srtp_policy_t policy{};
        const auto set = [&](srtp_crypto_policy_t* to) {
            if (master.profile == SrtpProfile::aead_aes_128_gcm)
                srtp_crypto_policy_set_aes_gcm_128_16_auth(to);
            else if (master.profile == SrtpProfile::aead_aes_256_gcm)
                srtp_crypto_policy_set_aes_gcm_256_16_auth(to);
            else
                srtp_crypto_policy_set_rtp_default(to);
        };
        set(&policy.rtp);
        set(&policy.rtcp);
        Bytes key(master.key.begin(), master.key.begin() + static_cast<std::ptrdiff_t>(
                                                               relay::key_size(master.profile)));
        key.insert(
            key.end(), master.salt.begin(),
            master.salt.begin() + static_cast<std::ptrdiff_t>(relay::salt_size(master.profile)));
        policy.key = key.data();
        policy.ssrc.type = direction;
        policy.window_size = 1'024;
        EXPECT_EQ(srtp_create(&session_, &policy), srtp_err_status_ok);
    }
    ~LibSrtp() { srtp_dealloc(session_); }
    LibSrtp(const LibSrtp&) = delete;
    LibSrtp& operator=(const LibSrtp&) = delete;

    template <typename Function>
    bool run(Function function, Bytes& packet) {
        int size = static_cast<int>(packet.size());
        packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN + 4);
        const bool done = function(session_, packet.data(), &size) == srtp_err_status_ok;
        packet.resize(static_cast<std::size_t>(size));
        return done;
    }

  private:
    srtp_t session_ = nullptr;
};

Bytes rtp_packet(std::uint16_t sequence, std::uint32_t ssrc, std::mt19937& random) {
    Bytes packet(12 + 8 + random() % 1'200);
    for (std::uint8_t& byte : packet) byte = static_cast<std::uint8_t>(random());
    packet[0] = 0x90;  // with an extension of one word
    packet[1] = 96;
    relay::store_be16(&packet[2], sequence);
    relay::store_be32(&packet[8], ssrc);
    relay::store_be16(&packet[14], 1);
    return packet;
}

Bytes rtcp_packet(std::uint32_t ssrc, std::mt19937& random) {
    Bytes packet(28 + random() % 40 * 4);
    for (std::uint8_t& byte : packet) byte = static_cast<std::uint8_t>(random());
    packet[0] = 0x80;
    packet[1] = 200;
    relay::store_be32(&packet[4], ssrc);
    return packet;
}

class AgainstLibSrtp : public ::testing::TestWithParam<SrtpProfile> {
  protected:
    SrtpVerdict receive(relay::SrtpReceiver& receiver, Bytes& packet, bool rtcp) {
        relay::SrtpReceiver::Packet work;
        const auto begun =
            rtcp ? receiver.begin_rtcp(packet, work) : receiver.begin_rtp(packet, work);
        if (begun != SrtpVerdict::ok) return begun;
        engine_->open({&work.job, 1});
        packet.resize(work.plain_size);
        return receiver.finish(work);
    }

    std::unique_ptr<relay::SrtpCipher> engine_ = make_cipher();
    std::mt19937 random_{static_cast<unsigned>(GetParam())};
    relay::SrtpMasterKey master_ = random_master(GetParam(), random_);
    relay::SrtpKeys keys_{master_, *engine_};
};

// C25: over two roll-overs of the sequence number.
TEST_P(AgainstLibSrtp, ReadsWhatItSends) {
    LibSrtp sender(master_, ssrc_any_outbound);
    relay::SrtpReceiver receiver(keys_, {});
    for (std::uint32_t i = 0; i < 600; ++i) {
        const Bytes plain = rtp_packet(static_cast<std::uint16_t>(30'000 + i * 250), 5, random_);
        Bytes packet = plain;
        ASSERT_TRUE(sender.run(srtp_protect, packet));
        ASSERT_EQ(receive(receiver, packet, false), SrtpVerdict::ok) << i;
        ASSERT_EQ(packet, plain);
    }
    EXPECT_GT(receiver.rtp().find(5)->highest(), 2u << 16);
    for (int i = 0; i < 50; ++i) {
        const Bytes plain = rtcp_packet(5, random_);
        Bytes packet = plain;
        ASSERT_TRUE(sender.run(srtp_protect_rtcp, packet));
        ASSERT_EQ(receive(receiver, packet, true), SrtpVerdict::ok) << i;
        ASSERT_EQ(packet, plain);
    }
}

TEST_P(AgainstLibSrtp, SendsWhatItReads) {
    LibSrtp receiver(master_, ssrc_any_inbound);
    relay::OutboundStream stream;
    for (std::uint32_t i = 0; i < 600; ++i) {
        const auto sequence = static_cast<std::uint16_t>(30'000 + i * 250);
        const Bytes plain = rtp_packet(sequence, 5, random_);
        Bytes packet = plain;
        packet.resize(plain.size() + relay::tag_size(GetParam()));
        relay::CipherJob job;
        relay::frame_sent_rtp(keys_,
                              {packet.data(), 20, 0, packet.data() + 20,
                               static_cast<std::uint16_t>(plain.size() - 20)},
                              *stream.claim(sequence), job);
        engine_->seal({&job, 1});
        ASSERT_TRUE(receiver.run(srtp_unprotect, packet)) << i;
        ASSERT_EQ(packet, plain);
    }
    for (std::uint32_t i = 0; i < 50; ++i) {
        const Bytes plain = rtcp_packet(5, random_);
        Bytes packet = plain;
        packet.resize(plain.size() + relay::rtcp_overhead(GetParam()));
        relay::CipherJob job;
        relay::frame_sent_rtcp(keys_, packet, plain.size(), i, job);
        engine_->seal({&job, 1});
        ASSERT_TRUE(receiver.run(srtp_unprotect_rtcp, packet)) << i;
        ASSERT_EQ(packet, plain);
    }
}

INSTANTIATE_TEST_SUITE_P(EveryProfile, AgainstLibSrtp, ::testing::ValuesIn(kSrtpProfiles));

// 972 packets of an RTP library's test: master key and salt are 30 letters a.
TEST(SrtpCapture, EveryPacketIsAuthentic) {
    const std::filesystem::path file =
        std::filesystem::path(STRATA_SHARED_DATA) / "third-party/membrane/srtp.pcap";
    if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " isn't there";
    std::ifstream in(file, std::ios::binary);
    const Bytes bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const auto engine = make_cipher();
    relay::SrtpMasterKey master;
    master.profile = SrtpProfile::aes128_cm_sha1_80;
    std::fill_n(master.key.begin(), 16, 'a');
    std::fill_n(master.salt.begin(), 14, 'a');
    const relay::SrtpKeys keys(master, *engine);
    relay::SrtpReceiver receiver(keys, {});
    std::map<SrtpVerdict, int> verdicts;
    // pcap file and record headers, little endian: 24 and 16 bytes; Ethernet, IPv4 and UDP: 42.
    for (std::size_t at = 24; at + 16 + 42 <= bytes.size();) {
        const std::size_t size = std::size_t{bytes[at + 8]} | std::size_t{bytes[at + 9]} << 8;
        Bytes packet(bytes.begin() + static_cast<std::ptrdiff_t>(at + 16 + 42),
                     bytes.begin() + static_cast<std::ptrdiff_t>(at + 16 + size));
        at += 16 + size;
        relay::SrtpReceiver::Packet work;
        SrtpVerdict verdict = receiver.begin_rtp(packet, work);
        if (verdict == SrtpVerdict::ok) {
            engine->open({&work.job, 1});
            verdict = receiver.finish(work);
        }
        ++verdicts[verdict];
    }
    EXPECT_EQ(verdicts[SrtpVerdict::ok], 972);
    EXPECT_EQ(verdicts.size(), 1u);
}

}  // namespace
}  // namespace strata::dataplane

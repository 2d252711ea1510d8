#include "relay/srtp/framing.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "relay/rtp/byte_order.h"
#include "tests/unit/relay/srtp/hex.h"
#include "tests/unit/relay/srtp/reference_cipher.h"

namespace strata::relay {
namespace {

using Bytes = std::vector<std::uint8_t>;

// Keys whose session keys and salts are given instead of derived, as the RFC's examples have them.
class GivenKeys {
  public:
    GivenKeys(SrtpProfile profile, ReferenceCipher& engine) : keys({}, engine) {
        SessionKey session;
        for (std::size_t i = 0; i < 32; ++i) session.cipher[i] = static_cast<std::uint8_t>(i);
        engine.expand(profile, session, keys.rtp);
        engine.expand(profile, session, keys.rtcp);
        const auto salt = from_hex("517569642070726f2071756f");
        keys.rtp.salt = keys.rtcp.salt = {};
        std::copy(salt.begin(), salt.end(), keys.rtp.salt.begin());
        std::copy(salt.begin(), salt.end(), keys.rtcp.salt.begin());
    }
    SrtpKeys keys;
};

const Bytes kRtp = from_hex(
    "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070"
    "61727465 73207472 6573");
const Bytes kRtcp = from_hex(
    "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef"
    "deadbeef deadbeef deadbeef");

Bytes seal_rtp(ReferenceCipher& engine, const SrtpKeys& keys, Bytes packet, std::uint64_t index) {
    const std::size_t size = packet.size();
    packet.resize(size + tag_size(keys.profile()));
    const auto clear = static_cast<std::uint16_t>(*rtp_clear_size(packet));
    CipherJob job;
    frame_sent_rtp(keys, {packet.data(), clear, static_cast<std::uint16_t>(size - clear)}, index,
                   job);
    engine.seal({&job, 1});
    return packet;
}

Bytes seal_rtcp(ReferenceCipher& engine, const SrtpKeys& keys, Bytes packet, std::uint32_t index) {
    const std::size_t size = packet.size();
    packet.resize(size + rtcp_overhead(keys.profile()));
    CipherJob job;
    EXPECT_EQ(frame_sent_rtcp(keys, packet, size, index, job), packet.size());
    engine.seal({&job, 1});
    return packet;
}

// RFC 7714 sections 16.1.1 and 16.2.1.
TEST(SrtpFraming, SealsTheRfcsRtpPackets) {
    ReferenceCipher engine;
    GivenKeys short_keys(SrtpProfile::aead_aes_128_gcm, engine);
    EXPECT_EQ(seal_rtp(engine, short_keys.keys, kRtp, 0xf17b),
              from_hex("8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5"
                       "0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439"
                       "0cce"));
    GivenKeys long_keys(SrtpProfile::aead_aes_256_gcm, engine);
    EXPECT_EQ(seal_rtp(engine, long_keys.keys, kRtp, 0xf17b),
              from_hex("8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238"
                       "9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7"
                       "6c13"));
}

// RFC 7714 section 17.1.
TEST(SrtpFraming, SealsTheRfcsRtcpPacket) {
    ReferenceCipher engine;
    GivenKeys given(SrtpProfile::aead_aes_128_gcm, engine);
    EXPECT_EQ(seal_rtcp(engine, given.keys, kRtcp, 0x5d4),
              from_hex("81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d"
                       "c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872"
                       "45d9eade 800005d4"));
}

class EveryProfile : public ::testing::TestWithParam<SrtpProfile> {
  protected:
    EveryProfile() : given_(GetParam(), engine_) {}
    const SrtpKeys& keys() const { return given_.keys; }

    ReferenceCipher engine_;
    GivenKeys given_;
};

TEST_P(EveryProfile, OpensWhatItSealed) {
    for (const std::uint64_t index : {0xf17bULL, 0x1f17bULL, 0xfffffffff17bULL}) {
        Bytes packet = seal_rtp(engine_, keys(), kRtp, index);
        CipherJob job;
        EXPECT_EQ(frame_received_rtp(keys(), packet, index, job), kRtp.size());
        engine_.open({&job, 1});
        EXPECT_TRUE(job.authentic);
        packet.resize(kRtp.size());
        EXPECT_EQ(packet, kRtp);
    }
}

TEST_P(EveryProfile, AnotherRollOverCounterIsNotAuthentic) {
    Bytes packet = seal_rtp(engine_, keys(), kRtp, 0x1f17b);
    CipherJob job;
    ASSERT_TRUE(frame_received_rtp(keys(), packet, 0xf17b, job));
    engine_.open({&job, 1});
    EXPECT_FALSE(job.authentic);
}

TEST_P(EveryProfile, EveryBitOfAPacketIsAuthenticated) {
    const Bytes sealed = seal_rtp(engine_, keys(), kRtp, 0xf17b);
    for (std::size_t bit = 16; bit < sealed.size() * 8; ++bit) {
        Bytes packet = sealed;
        packet[bit / 8] = static_cast<std::uint8_t>(packet[bit / 8] ^ (1 << bit % 8));
        CipherJob job;
        if (!frame_received_rtp(keys(), packet, 0xf17b, job)) continue;
        engine_.open({&job, 1});
        EXPECT_FALSE(job.authentic) << bit;
    }
}

// A master key index of four bytes in front of the tag: refused like any damage.
TEST_P(EveryProfile, AnMkiIsNotAuthentic) {
    Bytes packet = seal_rtp(engine_, keys(), kRtp, 0xf17b);
    const auto tag = static_cast<std::ptrdiff_t>(tag_size(GetParam()));
    packet.insert(is_gcm(GetParam()) ? packet.end() : packet.end() - tag, {0, 0, 0, 1});
    CipherJob job;
    ASSERT_TRUE(frame_received_rtp(keys(), packet, 0xf17b, job));
    engine_.open({&job, 1});
    EXPECT_FALSE(job.authentic);
}

TEST_P(EveryProfile, RtcpComesBack) {
    Bytes packet = seal_rtcp(engine_, keys(), kRtcp, 0x7fffffff);
    const auto read = read_rtcp_trailer(GetParam(), packet);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->index, 0x7fffffffu);
    EXPECT_EQ(read->plain_size, kRtcp.size());
    CipherJob job;
    frame_received_rtcp(keys(), packet, *read, job);
    engine_.open({&job, 1});
    EXPECT_TRUE(job.authentic);
    packet.resize(kRtcp.size());
    EXPECT_EQ(packet, kRtcp);
}

// E = 0: authenticated, not encrypted (RFC 3711 section 3.4, RFC 7714 section 9.3).
TEST_P(EveryProfile, UnencryptedRtcpIsAuthenticated) {
    Bytes packet = kRtcp;
    const Bytes trailer{0, 0, 0, 5};
    Bytes covered = kRtcp;
    covered.insert(covered.end(), trailer.begin(), trailer.end());
    Bytes room(16), tag(16);
    CipherJob seal;
    seal.key = &keys().rtcp;
    seal.text = room.data();
    seal.covered = covered.data();
    seal.covered_size = static_cast<std::uint16_t>(covered.size());
    seal.tag_out = tag.data();
    CipherJob open;
    Bytes sealed = seal_rtcp(engine_, keys(), kRtcp, 5);
    frame_received_rtcp(keys(), sealed, *read_rtcp_trailer(GetParam(), sealed), open);
    seal.iv = open.iv;
    engine_.seal({&seal, 1});
    tag.resize(tag_size(GetParam()));
    packet.insert(packet.end(), tag.begin(), tag.end());
    const auto at = is_gcm(GetParam()) ? packet.end()
                                       : packet.begin() + static_cast<std::ptrdiff_t>(kRtcp.size());
    packet.insert(at, trailer.begin(), trailer.end());
    frame_received_rtcp(keys(), packet, *read_rtcp_trailer(GetParam(), packet), open);
    engine_.open({&open, 1});
    EXPECT_TRUE(open.authentic);
    packet.resize(kRtcp.size());
    EXPECT_EQ(packet, kRtcp);
}

TEST_P(EveryProfile, ShortAndBrokenPacketsAreMalformed) {
    CipherJob job;
    for (std::size_t size = 0; size < 12 + tag_size(GetParam()); ++size) {
        Bytes packet(size, 0x80);
        EXPECT_FALSE(frame_received_rtp(keys(), packet, 0, job)) << size;
        EXPECT_FALSE(read_rtcp_trailer(GetParam(), packet)) << size;
    }
    Bytes extension(40);
    extension[0] = 0x90;
    store_be16(&extension[14], 20);  // an extension of 80 bytes
    EXPECT_FALSE(frame_received_rtp(keys(), extension, 0, job));
    Bytes contributors(40);
    contributors[0] = 0x8f;  // 15 CSRCs
    EXPECT_FALSE(frame_received_rtp(keys(), contributors, 0, job));
}

INSTANTIATE_TEST_SUITE_P(SrtpFraming, EveryProfile,
                         ::testing::Values(SrtpProfile::aes128_cm_sha1_80,
                                           SrtpProfile::aead_aes_128_gcm,
                                           SrtpProfile::aead_aes_256_gcm));

TEST(SrtpFraming, WhatIsReadableEndsBehindTheExtension) {
    Bytes packet(64);
    packet[0] = 0x92;  // X, two CSRCs
    store_be16(&packet[22], 3);
    EXPECT_EQ(rtp_clear_size(packet), 12u + 8 + 4 + 12);
    packet[0] = 0x12;  // version 0
    EXPECT_FALSE(rtp_clear_size(packet));
}

}  // namespace
}  // namespace strata::relay

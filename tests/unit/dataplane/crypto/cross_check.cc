#include "tests/unit/dataplane/crypto/cross_check.h"

#include <algorithm>

#include "relay/rtp/byte_order.h"

namespace strata::dataplane {
namespace {

using relay::CipherJob;
using relay::SrtpProfile;

constexpr std::size_t kInFront = 64;  // readable bytes before a body, as in a received packet

Bytes random_bytes(std::size_t size, std::mt19937& random) {
    Bytes out(size);
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(random());
    return out;
}

struct Sealed {
    CrossKeys* keys = nullptr;
    Bytes packet, plain;
    std::size_t body_at = 0, body_size = 0;
    std::uint64_t index = 0;
};

std::deque<CrossKeys> make_keys(relay::SrtpCipher& a, relay::SrtpCipher& b, std::mt19937& random) {
    std::deque<CrossKeys> keys;
    for (std::size_t i = 0; i < 9; ++i)
        keys.emplace_back(random_master(kSrtpProfiles[i % 3], random), a, b);
    return keys;
}

Sealed make_packet(CrossKeys& keys, const Bytes& body, std::mt19937& random) {
    Sealed out;
    out.keys = &keys;
    const std::size_t head = random() % 3 == 0 ? 0 : random() % kInFront;
    out.body_size = random() % 5 == 0 ? 0 : random() % (body.size() - kInFront);
    out.packet = random_bytes(12 + head, random);
    out.packet[0] = 0x80;
    out.plain = out.packet;
    out.plain.insert(out.plain.end(), body.begin() + kInFront,
                     body.begin() + static_cast<std::ptrdiff_t>(kInFront + out.body_size));
    out.body_at = out.packet.size();
    out.packet.resize(out.plain.size() + relay::tag_size(keys.of_a.profile()));
    out.index =
        (std::uint64_t{random()} << 16 | relay::load_be16(&out.packet[2])) & 0xffff'ffff'ffff;
    return out;
}

void check_batch(relay::SrtpCipher& a, relay::SrtpCipher& b, std::deque<CrossKeys>& keys,
                 std::mt19937& random) {
    const Bytes shared = random_bytes(kInFront + 1'300, random);
    const std::size_t count = 1 + random() % 140;
    std::deque<Bytes> bodies;
    std::deque<Sealed> packets;
    std::vector<CipherJob> jobs;
    for (std::size_t i = 0; i < count; ++i) {
        const bool own = random() % 4 == 0;
        const Bytes& body =
            own ? bodies.emplace_back(random_bytes(kInFront + 700, random)) : shared;
        Sealed& s = packets.emplace_back(make_packet(keys[random() % keys.size()], body, random));
        relay::frame_sent_rtp(s.keys->of_a,
                              {s.packet.data(), 12, static_cast<std::uint16_t>(s.body_at - 12),
                               s.body_size == 0 ? nullptr : body.data() + kInFront,
                               static_cast<std::uint16_t>(s.body_size)},
                              s.index, jobs.emplace_back());
    }
    a.seal(jobs);
    for (std::size_t i = 0; i < count; ++i) {
        Sealed& s = packets[i];
        if (i % 7 == 3) {
            auto& damaged = s.packet[12 + random() % (s.packet.size() - 12)];
            damaged = static_cast<std::uint8_t>(damaged ^ (1 << random() % 8));
        }
        ASSERT_EQ(relay::frame_received_rtp(s.keys->of_b, s.packet, s.index, jobs[i]),
                  s.plain.size());
    }
    b.open(jobs);
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(jobs[i].authentic, i % 7 != 3) << i << " of " << count;
        if (!jobs[i].authentic) continue;
        packets[i].packet.resize(packets[i].plain.size());
        ASSERT_EQ(packets[i].packet, packets[i].plain) << i << " of " << count;
    }
}

void check_rtcp(relay::SrtpCipher& a, relay::SrtpCipher& b, CrossKeys& keys, std::mt19937& random) {
    Bytes plain = random_bytes(8 + random() % 90 * 4, random);
    plain[0] = 0x80;
    const SrtpProfile profile = keys.of_a.profile();
    Bytes packet = plain;
    packet.resize(plain.size() + relay::rtcp_overhead(profile));
    CipherJob job;
    relay::frame_sent_rtcp(keys.of_a, packet, plain.size(),
                           static_cast<std::uint32_t>(random() >> 1), job);
    a.seal({&job, 1});
    const auto read = relay::read_rtcp_trailer(profile, packet);
    ASSERT_TRUE(read);
    relay::frame_received_rtcp(keys.of_b, packet, *read, job);
    b.open({&job, 1});
    ASSERT_TRUE(job.authentic);
    packet.resize(plain.size());
    ASSERT_EQ(packet, plain);
}

}  // namespace

relay::SrtpMasterKey random_master(SrtpProfile profile, std::mt19937& random) {
    relay::SrtpMasterKey master;
    master.profile = profile;
    for (std::size_t i = 0; i < relay::key_size(profile); ++i)
        master.key[i] = static_cast<std::uint8_t>(random());
    for (std::size_t i = 0; i < relay::salt_size(profile); ++i)
        master.salt[i] = static_cast<std::uint8_t>(random());
    return master;
}

void cross_check(relay::SrtpCipher& a, relay::SrtpCipher& b, unsigned seed) {
    std::mt19937 random(seed);
    std::deque<CrossKeys> keys = make_keys(a, b, random);
    for (int i = 0; i < 20 && !::testing::Test::HasFatalFailure(); ++i)
        check_batch(a, b, keys, random);
    for (int i = 0; i < 90 && !::testing::Test::HasFatalFailure(); ++i)
        check_rtcp(a, b, keys[static_cast<std::size_t>(i) % keys.size()], random);
}

}  // namespace strata::dataplane

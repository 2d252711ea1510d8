#include <array>
#include <vector>

#include "relay/srtp/receiver.h"
#include "tests/fuzz/invariant.h"

using namespace strata::relay;

namespace {

// Touches every byte that a real engine would, and finds half of all tags authentic, so that what
// comes behind the authentication is reached.
class TouchingCipher final : public SrtpCipher {
  public:
    void encrypt_block(std::span<const std::uint8_t> key, const std::uint8_t* in,
                       std::uint8_t* out) override {
        for (std::size_t i = 0; i < 16; ++i)
            out[i] = static_cast<std::uint8_t>(in[i] ^ key[i % key.size()]);
    }
    void expand(SrtpProfile profile, const SessionKey&, CipherKey& out) override {
        out.profile = profile;
    }
    void release(CipherKey&) override {}
    void seal(std::span<CipherJob>) override {}
    void open(std::span<CipherJob> jobs) override {
        for (CipherJob& job : jobs) {
            unsigned sum = 0;
            for (std::size_t i = 0; i < job.covered_size; ++i) sum += job.covered[i];
            for (std::size_t i = 0; i < job.head_size; ++i)
                job.text[i] = static_cast<std::uint8_t>(job.text[i] ^ job.iv[i % 16]);
            job.authentic = ((sum ^ job.tag[0]) & 1) == 0;
        }
    }
};

}  // namespace

// One byte for the profile, then packets: two bytes of size, the packet.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::array kProfiles{SrtpProfile::aes128_cm_sha1_80, SrtpProfile::aead_aes_128_gcm,
                                   SrtpProfile::aead_aes_256_gcm};
    if (size == 0) return 0;
    TouchingCipher engine;
    SrtpMasterKey master;
    master.profile = kProfiles[data[0] % kProfiles.size()];
    const SrtpKeys keys(master, engine);
    SrtpReceiver receiver(keys, {.max_ssrcs = 3, .window_packets = 64});
    for (std::span rest(data + 1, size - 1); rest.size() >= 2;) {
        const std::size_t want = std::size_t{rest[0]} << 8 | rest[1];
        rest = rest.subspan(2);
        const std::size_t n = std::min(want, rest.size());
        // A buffer of its own, exactly as long: one byte too far is seen.
        std::vector<std::uint8_t> packet(rest.begin(),
                                         rest.begin() + static_cast<std::ptrdiff_t>(n));
        rest = rest.subspan(n);
        const bool rtcp = n > 1 && packet[1] >= 192 && packet[1] <= 223;
        SrtpReceiver::Packet work;
        const SrtpVerdict begun =
            rtcp ? receiver.begin_rtcp(packet, work) : receiver.begin_rtp(packet, work);
        if (begun != SrtpVerdict::ok) continue;
        INVARIANT(work.plain_size + tag_size(keys.profile()) <= n);
        INVARIANT(work.index <= 0xffff'ffff'ffff);
        engine.open({&work.job, 1});
        const SrtpVerdict done = receiver.finish(work);
        INVARIANT(done != SrtpVerdict::malformed);
        INVARIANT(work.job.authentic == (done != SrtpVerdict::not_authentic));
        INVARIANT(receiver.rtp().size() <= 3 && receiver.rtcp().size() <= 3);
        if (done != SrtpVerdict::ok) continue;
        const auto* window = (rtcp ? receiver.rtcp() : receiver.rtp()).find(work.ssrc);
        INVARIANT(window && window->state(work.index) == IndexState::used);
    }
    return 0;
}

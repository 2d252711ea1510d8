#include <benchmark/benchmark.h>

#include <deque>
#include <vector>

#include "dataplane/crypto/engine.h"
#include "relay/rtp/byte_order.h"
#include "relay/srtp/outbound_stream.h"
#include "relay/srtp/receiver.h"

// Packets of 1,200 bytes, so many per engine call, each under its own key. Time per packet is the
// reported time divided by `batch`.
namespace strata::relay {
namespace {

constexpr std::size_t kPayload = 1'200, kStride = 2'304, kBody = 1'194, kHead = 6;
constexpr SrtpProfile kProfiles[] = {SrtpProfile::aes128_cm_sha1_80, SrtpProfile::aead_aes_128_gcm,
                                     SrtpProfile::aead_aes_256_gcm};

struct Peers {
    Peers(SrtpProfile profile, std::size_t n)
        : streams(n), packets(n * kStride, 0x5a), body(2'048, 0x33), jobs(n) {
        for (std::size_t i = 0; i < n; ++i) {
            SrtpMasterKey master;
            master.profile = profile;
            store_be32(master.key.data(), static_cast<std::uint32_t>(i));
            keys.emplace_back(master, *engine);
            packet(i)[0] = 0x80;
        }
    }
    std::uint8_t* packet(std::size_t i) { return packets.data() + i * kStride; }

    // One packet for each, from the shared body.
    void seal(std::uint16_t sequence) {
        for (std::size_t i = 0; i < keys.size(); ++i) {
            store_be16(packet(i) + 2, sequence);
            frame_sent_rtp(keys[i], {packet(i), 12, kHead, body.data() + 64, kBody},
                           *streams[i].claim(sequence), jobs[i]);
        }
        engine->seal(jobs);
    }

    std::unique_ptr<SrtpCipher> engine = dataplane::make_cipher();
    std::deque<SrtpKeys> keys;
    std::vector<OutboundStream> streams;
    std::vector<std::uint8_t> packets, body;
    std::vector<CipherJob> jobs;
};

void protect(benchmark::State& state) {
    Peers peers(kProfiles[state.range(0)], static_cast<std::size_t>(state.range(1)));
    std::uint16_t sequence = 0;
    for (auto _ : state) peers.seal(++sequence);
    state.SetItemsProcessed(state.iterations() * state.range(1));
}

// A burst of one publisher after the other, each a packet further; they are made with the clock
// off.
void unprotect(benchmark::State& state) {
    constexpr std::uint16_t kAhead = 64;
    const auto n = static_cast<std::size_t>(state.range(1));
    Peers peers(kProfiles[state.range(0)], n);
    const std::size_t size = 12 + kPayload + tag_size(peers.keys[0].profile());
    std::deque<SrtpReceiver> receivers;
    for (const SrtpKeys& keys : peers.keys)
        receivers.emplace_back(keys, InboundStreams::Limits{.max_ssrcs = 2});
    std::vector<SrtpReceiver::Packet> work(n);
    std::vector<std::uint8_t> sealed(kAhead * n * kStride);
    std::uint16_t sequence = 0, left = 0;
    for (auto _ : state) {
        if (left == 0) {
            state.PauseTiming();
            for (left = 0; left < kAhead; ++left) {
                peers.seal(++sequence);
                std::copy(peers.packets.begin(), peers.packets.end(),
                          sealed.begin() +
                              static_cast<std::ptrdiff_t>((kAhead - 1u - left) * n * kStride));
            }
            state.ResumeTiming();
        }
        --left;
        for (std::size_t i = 0; i < n; ++i) {
            receivers[i].begin_rtp({&sealed[(left * n + i) * kStride], size}, work[i]);
            peers.jobs[i] = work[i].job;
        }
        peers.engine->open(peers.jobs);
        for (std::size_t i = 0; i < n; ++i) {
            work[i].job.authentic = peers.jobs[i].authentic;
            if (receivers[i].finish(work[i]) != SrtpVerdict::ok) state.SkipWithError("not opened");
        }
    }
    state.SetItemsProcessed(state.iterations() * state.range(1));
}

BENCHMARK(protect)->ArgNames({"profile", "batch"})->ArgsProduct({{0, 1, 2}, {1, 4, 16, 64}});
BENCHMARK(unprotect)->ArgNames({"profile", "batch"})->ArgsProduct({{0, 1, 2}, {1, 4, 16, 32}});

}  // namespace
}  // namespace strata::relay

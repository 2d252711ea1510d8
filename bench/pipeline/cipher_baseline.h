#pragma once

#include <rte_mbuf.h>

#include <memory>
#include <vector>

#include "bench/pipeline/stream.h"
#include "dataplane/port/pools.h"
#include "relay/srtp/keys.h"

namespace strata::bench {

constexpr std::uint16_t kPayloadBytes = payload_bytes(Media::vp8);

// What encrypting for receivers costs at least: the same payload from one received packet into a
// packet of its own for each of them, under its own keys, and nothing else: no headers, no links,
// no queues.
class CipherBaseline {
  public:
    virtual ~CipherBaseline() = default;
    // Encrypts for `inputs` packets; returns the outputs made.
    virtual std::uint64_t run(std::uint64_t inputs) = 0;
};

// ipsec-mb called as its manual says, for GCM one direct call per packet, for AES-CM and HMAC-SHA1
// bursts of 64. Null: built without it.
std::unique_ptr<CipherBaseline> make_ipsec_mb_baseline(relay::SrtpProfile profile,
                                                       std::uint32_t receivers,
                                                       const dataplane::Pools& pools);
// OpenSSL's EVP, one packet after the other.
std::unique_ptr<CipherBaseline> make_openssl_baseline(relay::SrtpProfile profile,
                                                      std::uint32_t receivers,
                                                      const dataplane::Pools& pools);

// The master key of a receiver's direction.
relay::SrtpMasterKey bench_master(relay::SrtpProfile profile, std::uint32_t receiver,
                                  bool outbound);

// Packets that the baselines write to, in turn; the first is what they read.
class CipherBuffers {
  public:
    static constexpr std::size_t kOutputs = 64;
    explicit CipherBuffers(const dataplane::Pools& pools);
    ~CipherBuffers();
    const std::uint8_t* payload() const { return rte_pktmbuf_mtod_offset(in_, std::uint8_t*, 12); }
    // The place of an RTP header.
    std::uint8_t* output(std::size_t i) const {
        return rte_pktmbuf_mtod(out_[i % kOutputs], std::uint8_t*);
    }

  private:
    rte_mbuf* in_ = nullptr;
    std::vector<rte_mbuf*> out_;
};

}  // namespace strata::bench

#include "bench/pipeline/cipher_baseline.h"

#include <cstdio>
#include <cstdlib>
#include <deque>

#include "dataplane/crypto/openssl_cipher.h"
#include "relay/rtp/byte_order.h"
#include "relay/srtp/framing.h"

namespace strata::bench {
namespace {

class OpensslBaseline final : public CipherBaseline {
  public:
    OpensslBaseline(relay::SrtpProfile profile, std::uint32_t receivers,
                    const dataplane::Pools& pools)
        : buffers_(pools), jobs_(receivers) {
        for (std::uint32_t i = 0; i < receivers; ++i)
            keys_.emplace_back(bench_master(profile, i, true), engine_);
    }

    std::uint64_t run(std::uint64_t inputs) override {
        for (std::uint64_t n = 0; n < inputs; ++n) {
            ++index_;
            for (std::size_t i = 0; i < jobs_.size(); ++i) {
                relay::frame_sent_rtp(
                    keys_[i], {buffers_.output(i), 12, 0, buffers_.payload(), kPayloadBytes},
                    index_, jobs_[i]);
                engine_.seal(std::span(jobs_).subspan(i, 1));
            }
        }
        return inputs * jobs_.size();
    }

  private:
    dataplane::OpensslCipher engine_;
    std::deque<relay::SrtpKeys> keys_;
    CipherBuffers buffers_;
    std::vector<relay::CipherJob> jobs_;
    std::uint64_t index_ = 0;
};

}  // namespace

relay::SrtpMasterKey bench_master(relay::SrtpProfile profile, std::uint32_t receiver,
                                  bool outbound) {
    relay::SrtpMasterKey master;
    master.profile = profile;
    relay::store_be32(master.key.data(), receiver + 1);
    master.key[4] = outbound ? 1 : 0;
    return master;
}

CipherBuffers::CipherBuffers(const dataplane::Pools& pools) : out_(kOutputs) {
    in_ = rte_pktmbuf_alloc(pools.rx);
    if (in_ == nullptr || rte_pktmbuf_alloc_bulk(pools.rx, out_.data(), kOutputs) != 0) {
        std::fputs("strata-bench-pipeline: the receive pool is empty\n", stderr);
        std::exit(1);
    }
}

CipherBuffers::~CipherBuffers() {
    rte_pktmbuf_free(in_);
    rte_pktmbuf_free_bulk(out_.data(), kOutputs);
}

std::unique_ptr<CipherBaseline> make_openssl_baseline(relay::SrtpProfile profile,
                                                      std::uint32_t receivers,
                                                      const dataplane::Pools& pools) {
    return std::make_unique<OpensslBaseline>(profile, receivers, pools);
}

#ifndef STRATA_CRYPTO_IPSEC_MB
std::unique_ptr<CipherBaseline> make_ipsec_mb_baseline(relay::SrtpProfile, std::uint32_t,
                                                       const dataplane::Pools&) {
    return nullptr;
}
#endif

}  // namespace strata::bench

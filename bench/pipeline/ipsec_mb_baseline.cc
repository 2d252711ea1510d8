#include <intel-ipsec-mb.h>

#include <algorithm>
#include <array>

#include "bench/pipeline/cipher_baseline.h"
#include "relay/rtp/byte_order.h"

namespace strata::bench {
namespace {

constexpr std::size_t kBurstJobs = 64;

struct CounterKey {
    alignas(16) std::array<std::uint8_t, 16 * 11> rounds;
    std::array<std::uint8_t, 20> inner, outer;
};

IMB_MGR* make_manager() {
    IMB_MGR* manager = alloc_mb_mgr(0);
    init_mb_mgr_auto(manager, nullptr);
    return manager;
}

class GcmBaseline final : public CipherBaseline {
  public:
    GcmBaseline(std::uint32_t receivers, const dataplane::Pools& pools)
        : buffers_(pools), keys_(receivers) {
        for (std::uint32_t i = 0; i < receivers; ++i)
            IMB_AES128_GCM_PRE(
                manager_, bench_master(relay::SrtpProfile::aead_aes_128_gcm, i, true).key.data(),
                &keys_[i]);
    }
    ~GcmBaseline() override { free_mb_mgr(manager_); }

    std::uint64_t run(std::uint64_t inputs) override {
        gcm_context_data context;
        for (std::uint64_t n = 0; n < inputs; ++n) {
            relay::store_be32(&iv_[8], ++index_);
            for (std::size_t i = 0; i < keys_.size(); ++i) {
                std::uint8_t* out = buffers_.output(i);
                IMB_AES128_GCM_ENC(manager_, &keys_[i], &context, out + 12, buffers_.payload(),
                                   kPayloadBytes, iv_.data(), out, 12, out + 12 + kPayloadBytes,
                                   16);
            }
        }
        return inputs * keys_.size();
    }

  private:
    IMB_MGR* manager_ = make_manager();
    CipherBuffers buffers_;
    std::vector<gcm_key_data> keys_;
    std::array<std::uint8_t, 12> iv_{};
    std::uint32_t index_ = 0;
};

class CounterBaseline final : public CipherBaseline {
  public:
    CounterBaseline(std::uint32_t receivers, const dataplane::Pools& pools)
        : buffers_(pools), keys_(receivers) {
        for (std::uint32_t i = 0; i < receivers; ++i) {
            const auto master = bench_master(relay::SrtpProfile::aes128_cm_sha1_80, i, true);
            alignas(16) std::array<std::uint8_t, 16 * 11> decrypt;
            IMB_AES_KEYEXP_128(manager_, master.key.data(), keys_[i].rounds.data(), decrypt.data());
            std::array<std::uint8_t, 64> block{};
            std::copy_n(master.key.begin(), 16, block.begin());
            IMB_SHA1_ONE_BLOCK(manager_, block.data(), keys_[i].inner.data());
            IMB_SHA1_ONE_BLOCK(manager_, block.data(), keys_[i].outer.data());
        }
    }
    ~CounterBaseline() override { free_mb_mgr(manager_); }

    // Jobs of several inputs are put together, as many as a burst takes.
    std::uint64_t run(std::uint64_t inputs) override {
        const std::uint64_t outputs = inputs * keys_.size();
        for (std::uint64_t done = 0; done < outputs;) {
            const std::size_t n = std::min<std::uint64_t>(kBurstJobs, outputs - done);
            burst(n);
            done += n;
        }
        return outputs;
    }

  private:
    void burst(std::size_t n) {
        relay::store_be32(&iv_[8], ++index_);
        for (std::size_t i = 0; i < n; ++i) {
            const CounterKey& key = keys_[(next_ + i) % keys_.size()];
            IMB_JOB& job = jobs_[i];
            job.enc_keys = key.rounds.data();
            job.key_len_in_bytes = 16;
            job.src = buffers_.payload();
            job.dst = buffers_.output(i) + 12;
            job.cipher_start_src_offset_in_bytes = 0;
            job.msg_len_to_cipher_in_bytes = kPayloadBytes;
            job.iv = iv_.data();
            job.iv_len_in_bytes = 16;
        }
        IMB_SUBMIT_CIPHER_BURST_NOCHECK(manager_, jobs_.data(), static_cast<std::uint32_t>(n),
                                        IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES);
        for (std::size_t i = 0; i < n; ++i) {
            const CounterKey& key = keys_[(next_ + i) % keys_.size()];
            IMB_JOB& job = jobs_[i];
            job.src = buffers_.output(i);
            job.hash_start_src_offset_in_bytes = 0;
            job.msg_len_to_hash_in_bytes = 12 + kPayloadBytes + 4;
            job.auth_tag_output = buffers_.output(i) + 12 + kPayloadBytes;
            job.auth_tag_output_len_in_bytes = 10;
            job.u.HMAC._hashed_auth_key_xor_ipad = key.inner.data();
            job.u.HMAC._hashed_auth_key_xor_opad = key.outer.data();
        }
        IMB_SUBMIT_HASH_BURST_NOCHECK(manager_, jobs_.data(), static_cast<std::uint32_t>(n),
                                      IMB_AUTH_HMAC_SHA_1);
        next_ += n;
    }

    IMB_MGR* manager_ = make_manager();
    CipherBuffers buffers_;
    std::vector<CounterKey> keys_;
    std::array<IMB_JOB, kBurstJobs> jobs_{};
    std::array<std::uint8_t, 16> iv_{};
    std::uint32_t index_ = 0;
    std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<CipherBaseline> make_ipsec_mb_baseline(relay::SrtpProfile profile,
                                                       std::uint32_t receivers,
                                                       const dataplane::Pools& pools) {
    if (relay::is_gcm(profile)) return std::make_unique<GcmBaseline>(receivers, pools);
    return std::make_unique<CounterBaseline>(receivers, pools);
}

}  // namespace strata::bench

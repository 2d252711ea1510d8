#include "dataplane/crypto/ipsec_mb_cipher.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "dataplane/crypto/hmac_block.h"
#include "relay/srtp/wipe.h"

namespace strata::dataplane {
namespace {

using relay::CipherJob;
using relay::CipherKey;
using relay::SrtpProfile;

// AES-CM: round keys, and the SHA-1 states behind the two halves of HMAC's key.
struct CounterKey {
    alignas(16) std::array<std::uint8_t, 16 * 11> rounds;
    alignas(16) std::array<std::uint8_t, 20> inner;
    alignas(16) std::array<std::uint8_t, 20> outer;
};
static_assert(sizeof(gcm_key_data) <= sizeof(CipherKey::material));
static_assert(sizeof(CounterKey) <= sizeof(CipherKey::material));

// At up to this many messages SHA instructions, two at a time, beat sixteen lanes that are mostly
// empty: 700 and 1,890 ns each for two, 496 and 540 for eight, 500 and 290 for sixteen.
constexpr std::size_t kFewMessages = 8;
constexpr std::size_t kLanes = 16;

const gcm_key_data* gcm_key(const CipherKey& key) {
    return reinterpret_cast<const gcm_key_data*>(key.material.data());
}
const CounterKey& counter_key(const CipherKey& key) {
    return *reinterpret_cast<const CounterKey*>(key.material.data());
}

// How many of the first jobs are AES-GCM's and have body and head size in common.
std::size_t gcm_run(std::span<const CipherJob> jobs) {
    const CipherJob& first = jobs.front();
    std::size_t n = 0;
    for (const CipherJob& job : jobs) {
        if (job.body != first.body || job.body_size != first.body_size ||
            job.head_size != first.head_size || !relay::is_gcm(job.key->profile))
            break;
        ++n;
    }
    return n;
}

// Half of HMAC's key setup: the state of SHA-1 behind its first block (RFC 2104).
void hmac_half(IMB_MGR* manager, const relay::SessionKey& key, std::uint8_t pad,
               std::uint8_t* out) {
    auto block = hmac_block(key, pad);
    IMB_SHA1_ONE_BLOCK(manager, block.data(), out);
    relay::wipe(block.data(), block.size());
}

IMB_MGR* make_manager(void (*init)(IMB_MGR*)) {
    IMB_MGR* manager = alloc_mb_mgr(0);
    if (manager == nullptr) std::abort();
    init(manager);
    return manager;
}

}  // namespace

// Where a body that many jobs share is put once, with each job's head in front of it: one call then
// encrypts both. Twice, in turn: a vector that is loaded right behind the bytes of a head that were
// stored into it waits for them, so that the next job's is put in place before this one's call.
struct IpsecMbCipher::Staging {
    static constexpr std::size_t kHead = 512;
    static constexpr std::size_t kBody = 65'536;

    struct Text {
        static constexpr std::size_t kBegin = 64;  // of the text: a cache line's begin
        alignas(64) std::array<std::uint8_t, kBegin + kHead + kBody> bytes;

        const std::uint8_t* begin() const { return bytes.data() + kBegin; }
        void put_body(const CipherJob& job) {
            std::memcpy(bytes.data() + kBegin + job.head_size, job.body, job.body_size);
        }
        // In front of a head lies what isn't encrypted, 12 bytes at least: a head of usual size is
        // copied with some of that, in one piece.
        void put_head(const CipherJob& job) {
            constexpr std::size_t kInOne = 16, kClear = 12;
            const std::size_t size = job.head_size;
            if (size + kClear >= kInOne && size <= kInOne) [[likely]]
                std::memcpy(bytes.data() + kBegin + size - kInOne, job.text + size - kInOne,
                            kInOne);
            else
                std::memcpy(bytes.data() + kBegin, job.text, size);
        }
    };
    std::array<Text, 2> texts;
    // CM: what the heads are corrected by, one after the other.
    std::array<std::uint8_t, kBurst * kHead> corrections;

    // Of a job whose text is made from `from`. Returns what is used of them behind this one's.
    std::size_t note_correction(const CipherJob& job, const std::uint8_t* from, std::size_t used) {
        std::uint8_t* to = corrections.data() + used;
        if (in_one_piece(job)) [[likely]] {
            store_piece(to, load_piece(job.text) ^ load_piece(from));
            return used + kPiece;
        }
        for (std::size_t i = 0; i < job.head_size; ++i)
            to[i] = static_cast<std::uint8_t>(job.text[i] ^ from[i]);
        return used + job.head_size;
    }
    std::size_t correct(const CipherJob& job, std::size_t used) const {
        const std::uint8_t* from = corrections.data() + used;
        if (in_one_piece(job)) [[likely]] {
            // Bytes of kMask that are set: as many as the head has.
            const Piece mask = load_piece(kMask.data() + kPiece - job.head_size);
            store_piece(job.text, load_piece(job.text) ^ (load_piece(from) & mask));
            return used + kPiece;
        }
        for (std::size_t i = 0; i < job.head_size; ++i)
            job.text[i] = static_cast<std::uint8_t>(job.text[i] ^ from[i]);
        return used + job.head_size;
    }

  private:
    typedef std::uint8_t Piece __attribute__((vector_size(16)));
    static constexpr std::size_t kPiece = sizeof(Piece);
    static constexpr auto kMask = [] {
        std::array<std::uint8_t, 2 * kPiece> mask{};
        std::fill_n(mask.begin(), kPiece, std::uint8_t{0xff});
        return mask;
    }();
    static bool in_one_piece(const CipherJob& job) {
        return job.head_size <= kPiece && job.body_size >= kPiece;
    }
    static Piece load_piece(const std::uint8_t* from) {
        Piece piece;
        std::memcpy(&piece, from, sizeof piece);
        return piece;
    }
    static void store_piece(std::uint8_t* to, Piece piece) {
        std::memcpy(to, &piece, sizeof piece);
    }
};

IpsecMbCipher::IpsecMbCipher()
    : wide_(make_manager([](IMB_MGR* m) { init_mb_mgr_auto(m, nullptr); })),
      staging_(std::make_unique<Staging>()) {
    if ((wide_->features & IMB_FEATURE_SHANI) != 0) narrow_ = make_manager(init_mb_mgr_sse);
}

IpsecMbCipher::~IpsecMbCipher() {
    free_mb_mgr(wide_);
    if (narrow_) free_mb_mgr(narrow_);
}

std::string IpsecMbCipher::name() {
    IMB_MGR* manager = make_manager([](IMB_MGR* m) { init_mb_mgr_auto(m, nullptr); });
    const std::uint32_t arch = manager->used_arch;
    free_mb_mgr(manager);
    const char* width = arch == IMB_ARCH_AVX512 ? "AVX-512"
                        : arch == IMB_ARCH_AVX2 ? "AVX2"
                        : arch == IMB_ARCH_AVX  ? "AVX"
                                                : "SSE";
    return std::string("ipsec-mb ") + imb_get_version_str() + ", " + width;
}

void IpsecMbCipher::encrypt_block(std::span<const std::uint8_t> key, const std::uint8_t* in,
                                  std::uint8_t* out) {
    alignas(16) std::array<std::uint8_t, 16 * 15> encrypt, decrypt;
    if (key.size() == 32)
        IMB_AES_KEYEXP_256(wide_, key.data(), encrypt.data(), decrypt.data());
    else
        IMB_AES_KEYEXP_128(wide_, key.data(), encrypt.data(), decrypt.data());
    IMB_JOB* job = IMB_GET_NEXT_JOB(wide_);
    *job = IMB_JOB{};
    job->enc_keys = encrypt.data();
    job->dec_keys = decrypt.data();
    job->key_len_in_bytes = key.size();
    job->src = in;
    job->dst = out;
    job->msg_len_to_cipher_in_bytes = 16;
    job->cipher_mode = IMB_CIPHER_ECB;
    job->cipher_direction = IMB_DIR_ENCRYPT;
    job->hash_alg = IMB_AUTH_NULL;
    job->chain_order = IMB_ORDER_CIPHER_HASH;
    if (IMB_SUBMIT_JOB(wide_) == nullptr) IMB_FLUSH_JOB(wide_);
    relay::wipe(encrypt.data(), encrypt.size());
    relay::wipe(decrypt.data(), decrypt.size());
}

void IpsecMbCipher::expand(SrtpProfile profile, const relay::SessionKey& key, CipherKey& out) {
    out.profile = profile;
    if (profile == SrtpProfile::aes128_cm_sha1_80) {
        auto& to = *reinterpret_cast<CounterKey*>(out.material.data());
        alignas(16) std::array<std::uint8_t, 16 * 11> decrypt;
        IMB_AES_KEYEXP_128(wide_, key.cipher.data(), to.rounds.data(), decrypt.data());
        relay::wipe(decrypt.data(), decrypt.size());
        hmac_half(wide_, key, kHmacInner, to.inner.data());
        hmac_half(wide_, key, kHmacOuter, to.outer.data());
        return;
    }
    auto* to = reinterpret_cast<gcm_key_data*>(out.material.data());
    if (profile == SrtpProfile::aead_aes_256_gcm)
        IMB_AES256_GCM_PRE(wide_, key.cipher.data(), to);
    else
        IMB_AES128_GCM_PRE(wide_, key.cipher.data(), to);
}

void IpsecMbCipher::release(CipherKey& key) {
    relay::wipe(key.material.data(), key.material.size());
    key.profile = SrtpProfile::none;
}

void IpsecMbCipher::encrypt_gcm(CipherJob& job, const std::uint8_t* from) {
    const std::uint64_t size = std::uint64_t{job.head_size} + job.body_size;
    gcm_context_data context;
    if (job.key->profile == SrtpProfile::aead_aes_256_gcm)
        IMB_AES256_GCM_ENC(wide_, gcm_key(*job.key), &context, job.text, from, size, job.iv.data(),
                           job.covered, job.covered_size, job.tag_out, 16);
    else
        IMB_AES128_GCM_ENC(wide_, gcm_key(*job.key), &context, job.text, from, size, job.iv.data(),
                           job.covered, job.covered_size, job.tag_out, 16);
}

// Jobs of one body, with heads of one size.
void IpsecMbCipher::seal_gcm(std::span<CipherJob> jobs) {
    const CipherJob& first = jobs.front();
    if (first.head_size == 0 || first.body_size == 0) {
        for (CipherJob& job : jobs) encrypt_gcm(job, job.body_size == 0 ? job.text : job.body);
        return;
    }
    std::array<Staging::Text, 2>& texts = staging_->texts;
    texts[0].put_body(first);
    texts[0].put_head(first);
    if (jobs.size() > 1) texts[1].put_body(first);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (i + 1 < jobs.size()) texts[(i + 1) % 2].put_head(jobs[i + 1]);
        encrypt_gcm(jobs[i], texts[i % 2].begin());
    }
}

void IpsecMbCipher::open_gcm(CipherJob& job) {
    gcm_context_data context;
    std::array<std::uint8_t, 16> tag;
    if (job.key->profile == SrtpProfile::aead_aes_256_gcm)
        IMB_AES256_GCM_DEC(wide_, gcm_key(*job.key), &context, job.text, job.text, job.head_size,
                           job.iv.data(), job.covered, job.covered_size, tag.data(), 16);
    else
        IMB_AES128_GCM_DEC(wide_, gcm_key(*job.key), &context, job.text, job.text, job.head_size,
                           job.iv.data(), job.covered, job.covered_size, tag.data(), 16);
    job.authentic = relay::equal_secret(tag.data(), job.tag.data(), 16);
}

// Counter mode: each job's key stream over head and body at once, from the bytes in front of the
// body instead of the head; XOR then puts right what that made of the head.
void IpsecMbCipher::cipher(std::span<CipherJob* const> jobs) {
    std::size_t used = 0, n = 0;
    for (const CipherJob* job : jobs) {
        const bool in_place = job->body_size == 0;
        if (in_place && job->head_size == 0) continue;  // an unencrypted SRTCP packet
        const std::uint8_t* from = in_place ? job->text : job->body - job->head_size;
        if (!in_place) used = staging_->note_correction(*job, from, used);
        IMB_JOB& to = burst_[n++];
        to.enc_keys = counter_key(*job->key).rounds.data();
        to.key_len_in_bytes = 16;
        to.src = from;
        to.dst = job->text;
        to.cipher_start_src_offset_in_bytes = 0;
        to.msg_len_to_cipher_in_bytes = std::uint64_t{job->head_size} + job->body_size;
        to.iv = job->iv.data();
        to.iv_len_in_bytes = 16;
        to.cipher_mode = IMB_CIPHER_CNTR;
        to.cipher_direction = IMB_DIR_ENCRYPT;
    }
    if (n != 0)
        IMB_SUBMIT_CIPHER_BURST_NOCHECK(wide_, burst_.data(), static_cast<std::uint32_t>(n),
                                        IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES);
    used = 0;
    for (CipherJob* job : jobs)
        if (job->body_size != 0) used = staging_->correct(*job, used);
}

// Tags of all jobs into tags_.
void IpsecMbCipher::hash(std::span<CipherJob* const> jobs) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const CipherJob& job = *jobs[i];
        const CounterKey& key = counter_key(*job.key);
        IMB_JOB& to = burst_[i];
        to.src = job.covered;
        to.hash_start_src_offset_in_bytes = 0;
        to.msg_len_to_hash_in_bytes = job.covered_size;
        to.auth_tag_output = tags_[i].data();
        to.auth_tag_output_len_in_bytes = tags_[i].size();
        to.u.HMAC._hashed_auth_key_xor_ipad = key.inner.data();
        to.u.HMAC._hashed_auth_key_xor_opad = key.outer.data();
        to.hash_alg = IMB_AUTH_HMAC_SHA_1;
    }
    const std::size_t rest = jobs.size() % kLanes;
    const std::size_t few = narrow_ && rest <= kFewMessages ? rest : 0;
    if (const auto n = static_cast<std::uint32_t>(jobs.size() - few); n != 0)
        IMB_SUBMIT_HASH_BURST_NOCHECK(wide_, burst_.data(), n, IMB_AUTH_HMAC_SHA_1);
    if (few != 0)
        IMB_SUBMIT_HASH_BURST_NOCHECK(narrow_, burst_.data() + jobs.size() - few,
                                      static_cast<std::uint32_t>(few), IMB_AUTH_HMAC_SHA_1);
}

void IpsecMbCipher::seal_cm(std::span<CipherJob* const> jobs) {
    cipher(jobs);
    hash(jobs);
    for (std::size_t i = 0; i < jobs.size(); ++i)
        std::memcpy(jobs[i]->tag_out, tags_[i].data(),
                    relay::tag_size(SrtpProfile::aes128_cm_sha1_80));
}

void IpsecMbCipher::open_cm(std::span<CipherJob* const> jobs) {
    hash(jobs);
    std::array<CipherJob*, kBurst> authentic;
    std::size_t n = 0;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        jobs[i]->authentic = relay::equal_secret(tags_[i].data(), jobs[i]->tag.data(),
                                                 relay::tag_size(SrtpProfile::aes128_cm_sha1_80));
        if (jobs[i]->authentic) authentic[n++] = jobs[i];
    }
    cipher(std::span(authentic).first(n));
}

// `gcm` for each job of AES-GCM, `cm` for the others, up to a burst of them at once.
template <typename Gcm, typename Cm>
void IpsecMbCipher::sort(std::span<CipherJob> jobs, Gcm gcm, Cm cm) {
    std::array<CipherJob*, kBurst> collected;
    std::size_t n = 0;
    for (CipherJob& job : jobs) {
        if (relay::is_gcm(job.key->profile)) {
            gcm(job);
            continue;
        }
        collected[n++] = &job;
        if (n < kBurst) continue;
        cm(std::span<CipherJob* const>(collected));
        n = 0;
    }
    if (n != 0) cm(std::span<CipherJob* const>(collected).first(n));
}

void IpsecMbCipher::seal(std::span<CipherJob> jobs) {
    bool others = false;
    for (std::span<CipherJob> rest = jobs; !rest.empty();) {
        const std::size_t n = gcm_run(rest);
        if (n != 0) seal_gcm(rest.first(n));
        others = others || n == 0;
        rest = rest.subspan(std::max<std::size_t>(n, 1));
    }
    if (!others) return;
    sort(jobs, [](CipherJob&) {}, [&](std::span<CipherJob* const> some) { seal_cm(some); });
}

void IpsecMbCipher::open(std::span<CipherJob> jobs) {
    sort(
        jobs, [&](CipherJob& job) { open_gcm(job); },
        [&](std::span<CipherJob* const> some) { open_cm(some); });
}

}  // namespace strata::dataplane

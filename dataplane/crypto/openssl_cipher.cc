// Exception: SHA-1 through the functions that OpenSSL 3 calls deprecated. Their state is a plain
// struct, so that HMAC's two halves are kept per key and copied per packet; every EVP way to do
// that allocates, which a worker may not.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "dataplane/crypto/openssl_cipher.h"

#include <openssl/aes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "dataplane/crypto/hmac_block.h"
#include "relay/srtp/wipe.h"

namespace strata::dataplane {
namespace {

using relay::CipherJob;
using relay::CipherKey;
using relay::SrtpProfile;

struct Material {
    EVP_CIPHER_CTX* encrypt = nullptr;
    EVP_CIPHER_CTX* decrypt = nullptr;  // GCM
    SHA_CTX inner{}, outer{};           // CM
};
static_assert(sizeof(Material) <= sizeof(CipherKey::material));

Material& material(CipherKey& key) { return *reinterpret_cast<Material*>(key.material.data()); }
const Material& material(const CipherKey& key) {
    return *reinterpret_cast<const Material*>(key.material.data());
}

const EVP_CIPHER* cipher_of(SrtpProfile profile) {
    switch (profile) {
        case SrtpProfile::aead_aes_128_gcm: return EVP_aes_128_gcm();
        case SrtpProfile::aead_aes_256_gcm: return EVP_aes_256_gcm();
        default: return EVP_aes_128_ctr();
    }
}

void hmac_half(const relay::SessionKey& key, std::uint8_t pad, SHA_CTX& out) {
    auto block = hmac_block(key, pad);
    SHA1_Init(&out);
    SHA1_Update(&out, block.data(), block.size());
    relay::wipe(block.data(), block.size());
}

void hmac(const CipherJob& job, std::uint8_t* out) {
    const Material& key = material(*job.key);
    std::array<std::uint8_t, SHA_DIGEST_LENGTH> inner;
    SHA_CTX state = key.inner;
    SHA1_Update(&state, job.covered, job.covered_size);
    SHA1_Final(inner.data(), &state);
    state = key.outer;
    SHA1_Update(&state, inner.data(), inner.size());
    SHA1_Final(out, &state);
}

void counter_mode(const CipherJob& job) {
    EVP_CIPHER_CTX* context = material(*job.key).encrypt;
    int n = 0;
    EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, job.iv.data());
    EVP_EncryptUpdate(context, job.text, &n, job.text, job.head_size);
    if (job.body_size != 0)
        EVP_EncryptUpdate(context, job.text + job.head_size, &n, job.body, job.body_size);
}

void seal_cm(CipherJob& job) {
    std::array<std::uint8_t, SHA_DIGEST_LENGTH> tag;
    counter_mode(job);
    hmac(job, tag.data());
    std::memcpy(job.tag_out, tag.data(), relay::tag_size(SrtpProfile::aes128_cm_sha1_80));
}

void open_cm(CipherJob& job) {
    std::array<std::uint8_t, SHA_DIGEST_LENGTH> tag;
    hmac(job, tag.data());
    job.authentic = relay::equal_secret(tag.data(), job.tag.data(),
                                        relay::tag_size(SrtpProfile::aes128_cm_sha1_80));
    if (job.authentic) counter_mode(job);
}

void seal_gcm(CipherJob& job) {
    EVP_CIPHER_CTX* context = material(*job.key).encrypt;
    int n = 0;
    EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, job.iv.data());
    EVP_EncryptUpdate(context, nullptr, &n, job.covered, job.covered_size);
    if (job.head_size != 0) EVP_EncryptUpdate(context, job.text, &n, job.text, job.head_size);
    if (job.body_size != 0)
        EVP_EncryptUpdate(context, job.text + job.head_size, &n, job.body, job.body_size);
    EVP_EncryptFinal_ex(context, job.text, &n);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, job.tag_out);
}

void open_gcm(CipherJob& job) {
    EVP_CIPHER_CTX* context = material(*job.key).decrypt;
    int n = 0;
    EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, job.iv.data());
    EVP_DecryptUpdate(context, nullptr, &n, job.covered, job.covered_size);
    if (job.head_size != 0) EVP_DecryptUpdate(context, job.text, &n, job.text, job.head_size);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, job.tag.data());
    job.authentic = EVP_DecryptFinal_ex(context, job.text, &n) == 1;
}

}  // namespace

std::string OpensslCipher::name() {
    return std::string("OpenSSL ") + OpenSSL_version(OPENSSL_VERSION_STRING);
}

void OpensslCipher::encrypt_block(std::span<const std::uint8_t> key, const std::uint8_t* in,
                                  std::uint8_t* out) {
    AES_KEY rounds;
    AES_set_encrypt_key(key.data(), static_cast<int>(key.size() * 8), &rounds);
    AES_encrypt(in, out, &rounds);
    relay::wipe(&rounds, sizeof rounds);
}

void OpensslCipher::expand(SrtpProfile profile, const relay::SessionKey& key, CipherKey& out) {
    out.profile = profile;
    Material& to = *new (out.material.data()) Material;
    to.encrypt = EVP_CIPHER_CTX_new();
    if (!to.encrypt) std::abort();
    EVP_EncryptInit_ex(to.encrypt, cipher_of(profile), nullptr, key.cipher.data(), nullptr);
    if (relay::is_gcm(profile)) {
        to.decrypt = EVP_CIPHER_CTX_new();
        if (!to.decrypt) std::abort();
        EVP_DecryptInit_ex(to.decrypt, cipher_of(profile), nullptr, key.cipher.data(), nullptr);
    } else {
        hmac_half(key, kHmacInner, to.inner);
        hmac_half(key, kHmacOuter, to.outer);
    }
}

// EVP wipes its own.
void OpensslCipher::release(CipherKey& key) {
    EVP_CIPHER_CTX_free(material(key).encrypt);
    EVP_CIPHER_CTX_free(material(key).decrypt);
    relay::wipe(key.material.data(), key.material.size());
    key.profile = SrtpProfile::none;
}

void OpensslCipher::seal(std::span<CipherJob> jobs) {
    for (CipherJob& job : jobs) relay::is_gcm(job.key->profile) ? seal_gcm(job) : seal_cm(job);
}

void OpensslCipher::open(std::span<CipherJob> jobs) {
    for (CipherJob& job : jobs) relay::is_gcm(job.key->profile) ? open_gcm(job) : open_cm(job);
}

}  // namespace strata::dataplane

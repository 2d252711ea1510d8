#include "control/signalling/signature.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <array>
#include <memory>

namespace strata::control {
namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;
using DigestPtr = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kLeastSecretBytes = 32;  // RFC 7518 section 3.2
constexpr std::size_t kHmacBytes = 32, kEd25519Bytes = 64;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

int no_passphrase(char*, int, int, void*) { return -1; }  // never asks on a terminal

KeyPtr read_pem(const std::string& pem, bool secret) {
    const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
    KeyPtr key(secret ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)
                      : PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr),
               &EVP_PKEY_free);
    ERR_clear_error();
    if (key && EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) key.reset();
    return key;
}

std::string hmac(std::string_view text, const std::string& secret) {
    std::string digest(kHmacBytes, '\0');
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(text), text.size(),
         reinterpret_cast<unsigned char*>(digest.data()), &size);
    return size == kHmacBytes ? digest : std::string();
}

}  // namespace

std::string base64url(std::string_view bytes) {
    std::string text;
    unsigned held = 0, bits = 0;
    for (const char c : bytes) {
        held = held << 8 | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 6; bits -= 6) text += kAlphabet[held >> (bits - 6) & 63];
    }
    if (bits != 0) text += kAlphabet[held << (6 - bits) & 63];
    return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string bytes;
    unsigned held = 0, bits = 0;
    for (const char c : text) {
        const std::size_t value = kAlphabet.find(c);
        if (value == kAlphabet.npos) return std::nullopt;
        held = (held << 6 | static_cast<unsigned>(value)) & 0xffffff;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes += static_cast<char>(held >> bits & 255);
    }
    // Bits that are left over are zero, and fewer than a character's.
    if (bits >= 6 || (held & ((1u << bits) - 1)) != 0) return std::nullopt;
    return bytes;
}

std::optional<std::string> sign(std::string_view text, const TokenKey& key) {
    if (key.algorithm == TokenAlgorithm::hs256) return hmac(text, key.bytes);
    const KeyPtr pkey = read_pem(key.bytes, true);
    const DigestPtr context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    std::string signature(kEd25519Bytes, '\0');
    std::size_t size = signature.size();
    if (!pkey || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes_of(text), text.size()) != 1)
        return std::nullopt;
    return signature;
}

bool signature_fits(std::string_view text, std::string_view signature, const TokenKey& key) {
    if (key.algorithm == TokenAlgorithm::hs256) {
        const std::string own = hmac(text, key.bytes);
        return own.size() == kHmacBytes && signature.size() == kHmacBytes &&
               CRYPTO_memcmp(own.data(), signature.data(), kHmacBytes) == 0;
    }
    const KeyPtr pkey = read_pem(key.bytes, false);
    const DigestPtr context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    return pkey && signature.size() == kEd25519Bytes &&
           EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                            text.size()) == 1;
}

bool key_fits(const TokenKey& key) {
    if (key.algorithm == TokenAlgorithm::eddsa)
        return read_pem(key.bytes, false) || read_pem(key.bytes, true);
    // A public key as the secret is the classic confusion of algorithms.
    return key.bytes.size() >= kLeastSecretBytes &&
           key.bytes.find("-----BEGIN") == std::string::npos;
}

}  // namespace strata::control

#include "control/dtls/dtls_context.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "control/dtls/handshake.h"

namespace strata::control {
namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;

// As a server we choose the first of ours that the client offers too.
constexpr const char* kSrtpProfiles =
    "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr long kClockSkewS = 24 * 3600;  // a peer's clock may be behind ours
constexpr long kSecondsPerDay = 24 * 3600;

std::unexpected<Error> failed(const char* what) {
    const unsigned long code = ERR_get_error();
    std::string detail = std::string(what) + " failed";
    if (code != 0) detail += ": " + std::string(ERR_reason_error_string(code));
    ERR_clear_error();
    return refuse(ErrorCode::internal, "dtls", std::move(detail));
}

// A common name that says nothing: the fingerprint is what is compared.
bool fill(X509* certificate, EVP_PKEY* key, std::uint32_t lifetime_days) {
    std::uint64_t serial = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
    X509_NAME* name = X509_get_subject_name(certificate);
    const auto* text = reinterpret_cast<const unsigned char*>("strata");
    return X509_set_version(certificate, 2) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -kClockSkewS) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(certificate),
                           static_cast<long>(lifetime_days) * kSecondsPerDay) != nullptr &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

bool configure(SSL_CTX* context) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(context, &Handshake::verify_peer, nullptr);
    SSL_CTX_set_read_ahead(context, 1);  // whole datagrams
    return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
           SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
           SSL_CTX_set_tlsext_use_srtp(context, kSrtpProfiles) == 0;  // 0: done
}

}  // namespace

Result<std::shared_ptr<const DtlsContext>> DtlsContext::make(std::uint32_t lifetime_days) {
    const KeyPtr key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const CertificatePtr certificate(X509_new(), &X509_free);
    if (!key || !certificate) return failed("making a key");
    if (!fill(certificate.get(), key.get(), lifetime_days)) return failed("making a certificate");
    SSL_CTX* native = SSL_CTX_new(DTLS_method());
    if (native == nullptr) return failed("SSL_CTX_new");
    const std::shared_ptr<DtlsContext> context(new DtlsContext(native));
    if (!configure(native)) return failed("configuring DTLS");
    unsigned size = 0;
    if (SSL_CTX_use_certificate(native, certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(native, key.get()) != 1 ||
        X509_digest(certificate.get(), EVP_sha256(), context->fingerprint_.data(), &size) != 1)
        return failed("using the certificate");
    return context;
}

DtlsContext::~DtlsContext() { SSL_CTX_free(context_); }

}  // namespace strata::control

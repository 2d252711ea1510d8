#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>

#include "control/dtls/datagram_bio.h"
#include "control/dtls/fingerprint.h"

namespace strata::control {

// A DTLS client set up by hand with OpenSSL, as a browser would be: the other implementation of
// nothing we wrote but the BIO.
class OpensslPeer {
  public:
    struct Options {
        std::string profiles = "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM";
        long mtu = 1200;
        std::size_t alpn_bytes = 0;  // makes the hello longer
        bool with_certificate = true;
        // Repeats its flights after 5 ms instead of 10 s. OpenSSL looks at the clock whenever it
        // reads, so that a slow machine would see repetitions that a test didn't ask for.
        bool hurried = false;
    };

    explicit OpensslPeer(const Options& options) : context_(SSL_CTX_new(DTLS_client_method())) {
        key_ = EVP_EC_gen("P-256");
        certificate_ = X509_new();
        X509_gmtime_adj(X509_getm_notBefore(certificate_), 0);
        X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
        X509_set_pubkey(certificate_, key_);
        X509_sign(certificate_, key_, EVP_sha256());
        unsigned size = 0;
        X509_digest(certificate_, EVP_sha256(), fingerprint_.data(), &size);
        if (options.with_certificate) {
            SSL_CTX_use_certificate(context_, certificate_);
            SSL_CTX_use_PrivateKey(context_, key_);
        }
        SSL_CTX_set_options(context_, SSL_OP_NO_QUERY_MTU);
        SSL_CTX_set_verify(context_, SSL_VERIFY_NONE, nullptr);
        if (!options.profiles.empty()) {
            EXPECT_EQ(SSL_CTX_set_tlsext_use_srtp(context_, options.profiles.c_str()), 0);
        }
        ssl_ = SSL_new(context_);
        BIO* bio = bio_.make_bio();
        SSL_set_bio(ssl_, bio, bio);
        SSL_set_mtu(ssl_, options.mtu);
        add_alpn(options.alpn_bytes);
        DTLS_set_timer_cb(
            ssl_,
            options.hurried
                ? [](SSL*,
                     unsigned
                         before) { return before == 0 ? 5000u : std::min(before * 2, 40'000u); }
                : [](SSL*, unsigned) { return 10'000'000u; });
        SSL_set_connect_state(ssl_);
    }
    ~OpensslPeer() {
        SSL_free(ssl_);
        SSL_CTX_free(context_);
        X509_free(certificate_);
        EVP_PKEY_free(key_);
    }
    OpensslPeer(const OpensslPeer&) = delete;
    OpensslPeer& operator=(const OpensslPeer&) = delete;

    void start() { SSL_do_handshake(ssl_); }
    void receive(std::span<const std::uint8_t> datagram) {
        bio_.input(datagram);
        char data[64];
        if (!done())
            SSL_do_handshake(ssl_);
        else
            SSL_read(ssl_, data, sizeof data);
        bio_.input({});
    }
    void on_timer() { DTLSv1_handle_timeout(ssl_); }
    void close() { SSL_shutdown(ssl_); }

    std::deque<DatagramBio::Datagram>& output() { return bio_.output(); }
    bool done() const { return SSL_is_init_finished(ssl_) == 1; }
    const Fingerprint& fingerprint() const { return fingerprint_; }
    // Of the certificate that the other side has shown.
    Fingerprint shown() const {
        Fingerprint digest{};
        unsigned size = 0;
        if (const X509* other = SSL_get0_peer_certificate(ssl_))
            X509_digest(other, EVP_sha256(), digest.data(), &size);
        return digest;
    }
    unsigned long profile() const {
        const auto* chosen = SSL_get_selected_srtp_profile(ssl_);
        return chosen == nullptr ? 0 : chosen->id;
    }
    // `size` bytes of the exporter of RFC 5764.
    std::string exported(std::size_t size) const {
        std::string bytes(size, '\0');
        SSL_export_keying_material(ssl_, reinterpret_cast<unsigned char*>(bytes.data()), size,
                                   "EXTRACTOR-dtls_srtp", 19, nullptr, 0, 0);
        return bytes;
    }

  private:
    void add_alpn(std::size_t bytes) {
        std::string protocols;
        while (protocols.size() < bytes) protocols += '\x20' + std::string(32, 'x');
        if (!protocols.empty())
            SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(protocols.data()),
                                static_cast<unsigned>(protocols.size()));
    }

    SSL_CTX* context_;
    EVP_PKEY* key_ = nullptr;
    X509* certificate_ = nullptr;
    DatagramBio bio_;
    SSL* ssl_ = nullptr;
    Fingerprint fingerprint_{};
};

}  // namespace strata::control

#include "control/dtls/handshake.h"

#include <openssl/err.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <sys/time.h>

#include <algorithm>
#include <array>

namespace strata::control {
namespace {

constexpr std::string_view kExporterLabel = "EXTRACTOR-dtls_srtp";  // RFC 5764 section 4.2
constexpr unsigned kLongestTimeoutUs = 4'000'000;
constexpr std::size_t kMostOutput = 32;  // datagrams of a flight; a certificate chain needs four

int ex_data_index() {
    static const int kIndex = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return kIndex;
}

std::string last_error() {
    const unsigned long code = ERR_peek_last_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    return reason == nullptr ? "no reason given" : reason;
}

SrtpProfile selected_profile(SSL* ssl) {
    const SRTP_PROTECTION_PROFILE* profile = SSL_get_selected_srtp_profile(ssl);
    if (profile == nullptr) return SrtpProfile::none;
    return static_cast<SrtpProfile>(profile->id);
}

}  // namespace

Handshake::Handshake(std::shared_ptr<const DtlsContext> context, DtlsRole role,
                     const Fingerprint& peer, std::chrono::milliseconds first_timeout)
    : context_(std::move(context)),
      role_(role),
      peer_(peer),
      first_timeout_(first_timeout),
      ssl_(SSL_new(context_->native())) {
    BIO* bio = ssl_ == nullptr ? nullptr : bio_.make_bio();
    if (bio == nullptr) {
        fail("out of memory");
        return;
    }
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_ex_data(ssl_, ex_data_index(), this);
    DTLS_set_link_mtu(ssl_, static_cast<long>(kDtlsMtuBytes));
    SSL_set_mtu(ssl_, static_cast<long>(kDtlsMtuBytes));
    DTLS_set_timer_cb(ssl_, &Handshake::next_timeout);
    if (role_ == DtlsRole::server)
        SSL_set_accept_state(ssl_);
    else
        SSL_set_connect_state(ssl_);
}

Handshake::~Handshake() { SSL_free(ssl_); }

void Handshake::start() {
    if (role_ == DtlsRole::client && state_ == State::running && !started_) advance();
}

void Handshake::receive(std::span<const std::uint8_t> datagram) {
    if (datagram.empty() || state_ == State::failed || state_ == State::closed) return;
    if (role_ == DtlsRole::client && !started_) return;
    bio_.input(datagram);
    if (state_ == State::running)
        advance();
    else
        read_records();
    bio_.input({});
}

void Handshake::advance() {
    started_ = true;
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) return finish();
    const int error = SSL_get_error(ssl_, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        if (bio_.output().size() > kMostOutput) fail("a flight without an end");
        return;
    }
    fail(wrong_certificate_ ? "the certificate is not the one that signalling named"
                            : last_error());
}

void Handshake::finish() {
    if (!export_keys()) return;
    state_ = State::done;
    held_ = role_ == DtlsRole::server;
    if (held_) bio_.discard_output(true);  // repetitions of what is held
}

// After the handshake: the peer repeats its last flight, and OpenSSL ours, or it closes.
void Handshake::read_records() {
    std::array<char, 2048> forgotten;  // there is no application data in DTLS-SRTP
    ERR_clear_error();
    int result = 0;
    do result = SSL_read(ssl_, forgotten.data(), static_cast<int>(forgotten.size()));
    while (result > 0);
    // Other errors change nothing: the keys are agreed on, media doesn't need this association.
    if ((SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0) state_ = State::closed;
    ERR_clear_error();
}

bool Handshake::export_keys() {
    const SrtpProfile profile = selected_profile(ssl_);
    const SrtpLengths lengths = srtp_lengths(profile);
    if (lengths.key == 0) {
        fail("no SRTP protection profile in common");
        return false;
    }
    // client key, server key, client salt, server salt (RFC 5764 section 4.2)
    std::array<std::uint8_t, 2 * (32 + 14)> material{};
    const std::size_t size = 2 * (lengths.key + lengths.salt);
    if (SSL_export_keying_material(ssl_, material.data(), size, kExporterLabel.data(),
                                   kExporterLabel.size(), nullptr, 0, 0) != 1) {
        fail("keys can't be exported: " + last_error());
        return false;
    }
    const std::span all(material);
    const bool server = role_ == DtlsRole::server;
    const auto keys = [&](std::size_t side) {
        return all.subspan(side * lengths.key, lengths.key);
    };
    const auto salts = [&](std::size_t side) {
        return all.subspan(2 * lengths.key + side * lengths.salt, lengths.salt);
    };
    keys_ = std::make_unique<SrtpKeys>();
    keys_->profile = profile;
    keys_->flight_follows = server;
    keys_->inbound_key.assign(keys(server ? 0 : 1));
    keys_->outbound_key.assign(keys(server ? 1 : 0));
    keys_->inbound_salt.assign(salts(server ? 0 : 1));
    keys_->outbound_salt.assign(salts(server ? 1 : 0));
    explicit_bzero(material.data(), material.size());
    return true;
}

void Handshake::fail(std::string why) {
    state_ = State::failed;
    failure_ = std::move(why);
    keys_.reset();
}

std::optional<std::chrono::microseconds> Handshake::timeout() const {
    timeval left{};
    if (state_ != State::running || DTLSv1_get_timeout(ssl_, &left) != 1) return std::nullopt;
    return std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
}

void Handshake::on_timer() {
    if (state_ != State::running) return;
    ERR_clear_error();
    if (DTLSv1_handle_timeout(ssl_) < 0) fail("the peer doesn't answer");
}

unsigned Handshake::next_timeout(ssl_st* ssl, unsigned previous_us) {
    const auto* self = static_cast<const Handshake*>(SSL_get_ex_data(ssl, ex_data_index()));
    const auto first = static_cast<unsigned>(
        std::chrono::duration_cast<std::chrono::microseconds>(self->first_timeout_).count());
    return previous_us == 0 ? first : std::min(previous_us * 2, kLongestTimeoutUs);
}

std::optional<DatagramBio::Datagram> Handshake::next_output() {
    if (held_ || bio_.output().empty()) return std::nullopt;
    DatagramBio::Datagram datagram = std::move(bio_.output().front());
    bio_.output().pop_front();
    return datagram;
}

void Handshake::release() {
    held_ = false;
    bio_.discard_output(false);
}

// Instead of a chain of authorities: the one certificate whose digest came through signalling.
// OpenSSL has the peer prove that it owns the key.
int Handshake::verify_peer(x509_store_ctx_st* store, void*) {
    auto* ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* self = static_cast<Handshake*>(SSL_get_ex_data(ssl, ex_data_index()));
    Fingerprint found{};
    unsigned size = 0;
    const X509* certificate = X509_STORE_CTX_get0_cert(store);
    if (certificate != nullptr &&
        X509_digest(certificate, EVP_sha256(), found.data(), &size) == 1 && found == self->peer_)
        return 1;
    self->wrong_certificate_ = true;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

// DTLS record: type (1), version (2), epoch (2), sequence (6), length (2), then the handshake
// message's type (1).
bool is_client_hello(std::span<const std::uint8_t> datagram) {
    constexpr std::size_t kRecordHeader = 13, kMessageHeader = 12;
    constexpr std::uint8_t kHandshakeRecord = 22, kClientHello = 1, kDtlsMajor = 0xfe;
    return datagram.size() >= kRecordHeader + kMessageHeader && datagram[0] == kHandshakeRecord &&
           datagram[1] == kDtlsMajor && datagram[3] == 0 && datagram[4] == 0 &&
           datagram[kRecordHeader] == kClientHello;
}

}  // namespace strata::control

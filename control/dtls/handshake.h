#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "control/dtls/datagram_bio.h"
#include "control/dtls/dtls_context.h"
#include "control/dtls/fingerprint.h"
#include "control/room/srtp_keys.h"

struct ssl_st;
struct x509_store_ctx_st;

namespace strata::control {

// Who says hello first. The relay is the server wherever it may be: the server chooses the profile.
enum class DtlsRole : std::uint8_t { server, client };

// One DTLS-SRTP association (RFC 5764) without sockets and timers: datagrams in, datagrams out,
// keys once the peer has shown the certificate that signalling promised. A server's last flight
// stays inside until `release`, since the peer's media follows it at once (C45). One thread.
class Handshake {
  public:
    enum class State : std::uint8_t { running, done, failed, closed };

    // The first wait for an answer; it doubles each time (RFC 6347 section 4.2.4). `first` may be
    // chosen lower than a second, since the peer's checks have shown that the path works.
    static constexpr std::chrono::milliseconds kFirstTimeout{250};

    Handshake(std::shared_ptr<const DtlsContext> context, DtlsRole role, const Fingerprint& peer,
              std::chrono::milliseconds first_timeout = kFirstTimeout);
    ~Handshake();
    Handshake(const Handshake&) = delete;
    Handshake& operator=(const Handshake&) = delete;

    // A client's hello; nothing for a server.
    void start();
    // One datagram as it came. Whatever it is, the worst it can do is to fail this handshake.
    void receive(std::span<const std::uint8_t> datagram);
    // When to call `on_timer` from now; nullopt: nothing is waited for.
    std::optional<std::chrono::microseconds> timeout() const;
    // Repeats the flight that was not answered.
    void on_timer();

    // The next datagram to send, at most kDtlsMtuBytes.
    std::optional<DatagramBio::Datagram> next_output();
    // The keys are in force: the last flight may go.
    void release();

    State state() const { return state_; }
    // Null before State::done.
    const SrtpKeys* keys() const { return keys_.get(); }
    // Why it failed, for people.
    const std::string& failure() const { return failure_; }
    bool wrong_certificate() const { return wrong_certificate_; }

    // For DtlsContext: OpenSSL's check of the peer's certificate.
    static int verify_peer(x509_store_ctx_st* store, void*);

  private:
    void advance();
    void finish();
    void fail(std::string why);
    void read_records();
    bool export_keys();
    static unsigned next_timeout(ssl_st* ssl, unsigned previous_us);

    std::shared_ptr<const DtlsContext> context_;
    DtlsRole role_;
    Fingerprint peer_;
    std::chrono::milliseconds first_timeout_;
    DatagramBio bio_;
    ssl_st* ssl_;
    State state_ = State::running;
    bool started_ = false;
    bool held_ = false;  // the output is our last flight
    bool wrong_certificate_ = false;
    std::unique_ptr<SrtpKeys> keys_;
    std::string failure_;
};

// Cheap look at a datagram: does it begin with a DTLS record that (re)starts a handshake, a
// ClientHello or a fragment of one (RFC 6347 section 4.3.1)?
bool is_client_hello(std::span<const std::uint8_t> datagram);

}  // namespace strata::control

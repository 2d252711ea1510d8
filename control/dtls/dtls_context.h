#pragma once

#include <cstdint>
#include <memory>

#include "control/dtls/fingerprint.h"
#include "control/room/error.h"

struct ssl_ctx_st;

namespace strata::control {

// A certificate of our own (ECDSA P-256, self-signed, made here) and what handshakes under it may
// negotiate: DTLS 1.2, ECDHE with AEAD ciphers, use_srtp in our order of preference. Handshakes
// keep the context they began with, so that the fingerprint that the peer was told stays true when
// a newer one takes over.
class DtlsContext {
  public:
    // `lifetime_days` of the certificate from now on.
    static Result<std::shared_ptr<const DtlsContext>> make(std::uint32_t lifetime_days);
    ~DtlsContext();
    DtlsContext(const DtlsContext&) = delete;
    DtlsContext& operator=(const DtlsContext&) = delete;

    const Fingerprint& fingerprint() const { return fingerprint_; }
    ssl_ctx_st* native() const { return context_; }

  private:
    explicit DtlsContext(ssl_ctx_st* context) : context_(context) {}
    ssl_ctx_st* context_;
    Fingerprint fingerprint_{};
};

}  // namespace strata::control

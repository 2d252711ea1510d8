#pragma once

#include <cstdint>
#include <string>

#include "control/room/error.h"

namespace strata::control {

// What HTTPS shows: a certificate chain and its key in PEM.
struct TlsIdentity {
    std::string chain, key;
    std::string fingerprint;   // of the first certificate, SHA-256, "4A:AD:…"
    bool self_signed = false;  // and made here
};

struct TlsFiles {
    std::string certificate, key;  // the operator's; both empty: a self-signed one
    std::string self_signed;       // file where that is kept
    std::string name;              // that it is made for, beside localhost
};

// Reads the operator's files, or the self-signed one, which is made where it isn't there yet, can't
// be read, or ends within kRenewDays. It is kept with mode 0600.
constexpr std::uint32_t kSelfSignedDays = 365, kRenewDays = 30;
Result<TlsIdentity> load_tls_identity(const TlsFiles& files);

}  // namespace strata::control

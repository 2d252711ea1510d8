#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "control/signalling/token.h"

// The cryptography and the alphabet of tokens, over OpenSSL.
namespace strata::control {

// Without padding (RFC 7515 section 2).
std::string base64url(std::string_view bytes);
// Nullopt: not the one encoding of some bytes.
std::optional<std::string> from_base64url(std::string_view text);

// The signature of `text`; nullopt: the key isn't one to sign with.
std::optional<std::string> sign(std::string_view text, const TokenKey& key);
// In constant time where the key is secret.
bool signature_fits(std::string_view text, std::string_view signature, const TokenKey& key);
// Whether it can verify at all: an Ed25519 key in PEM, a secret long enough.
bool key_fits(const TokenKey& key);

}  // namespace strata::control

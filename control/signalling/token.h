#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "control/room/error.h"
#include "dataplane/api/config/config.h"

// JSON Web Tokens (RFC 7519) of one kind only: signed with the one algorithm and key that the
// configuration names, HS256 or EdDSA (Ed25519, RFC 8037). Claims iss, aud, exp (all needed), nbf,
// iat, sub, and "strata": {"room": "demo", "rights": ["publish", "subscribe"]}; room "*" is every
// room.
namespace strata::control {

enum class Right : std::uint8_t { publish, subscribe, admin };
std::string_view right_text(Right right);

struct TokenClaims {
    std::string subject;  // may be empty
    std::string room;     // or "*"
    std::set<Right> rights;
    std::int64_t expires_at_s = 0;  // Unix time
    // Admin may do everything in its room.
    bool allows(Right right, std::string_view in_room) const;
};

enum class TokenAlgorithm : std::uint8_t { hs256, eddsa };

// A key and the algorithm it is for. HS256: the secret; EdDSA: PEM, public to verify, private to
// sign.
struct TokenKey {
    TokenAlgorithm algorithm = TokenAlgorithm::hs256;
    std::string bytes;
};

// Reads the key file that [auth] names; the error names the file and what is wrong with it.
Result<TokenKey> load_token_key(const api::AuthConfig& auth, const std::string& file);

constexpr std::size_t kMaxTokenBytes = 4096;

// Refused as unauthorized, saying as little as helps: another algorithm than the key's, a wrong
// signature, a missing or unfit claim.
Result<TokenClaims> verify_token(std::string_view token, const TokenKey& key,
                                 const api::AuthConfig& auth, std::int64_t now_s);

Result<std::string> make_token(const TokenClaims& claims, const TokenKey& key,
                               const api::AuthConfig& auth, std::int64_t now_s);

}  // namespace strata::control

#include "control/signalling/token.h"

#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "control/signalling/signature.h"

namespace strata::control {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> kRights = {"publish", "subscribe", "admin"};

std::unexpected<Error> refused(const char* why) {
    return refuse(ErrorCode::unauthorized, "Authorization", std::string("the token ") + why);
}

std::string_view algorithm_text(TokenAlgorithm algorithm) {
    return algorithm == TokenAlgorithm::hs256 ? "HS256" : "EdDSA";
}

// Null: not one JSON object.
json parsed(std::string_view text) {
    const auto bytes = from_base64url(text);
    json value = bytes ? json::parse(*bytes, nullptr, false) : json();
    return value.is_object() ? value : json();
}

std::string text_in(const json& object, const char* name) {
    const auto it = object.find(name);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

// Whole seconds; nullopt: not there, or something else.
std::optional<std::int64_t> time_in(const json& object, const char* name) {
    const auto it = object.find(name);
    if (it == object.end() || !it->is_number_integer()) return std::nullopt;
    const auto value = it->get<std::int64_t>();
    constexpr std::int64_t kFarFuture = 1LL << 40;
    if (value < 0 || value > kFarFuture) return std::nullopt;
    return value;
}

bool for_us(const json& claims, const std::string& audience) {
    const auto it = claims.find("aud");
    if (it == claims.end()) return false;
    if (it->is_string()) return *it == audience;
    if (!it->is_array()) return false;
    for (const json& one : *it)
        if (one == audience) return true;
    return false;
}

const char* wrong_time(const json& claims, const api::AuthConfig& auth, std::int64_t now_s) {
    const std::int64_t leeway = auth.leeway_s;
    const auto expires = time_in(claims, "exp");
    if (!expires) return "has no expiry";
    if (*expires + leeway <= now_s) return "has expired";
    const auto issued = time_in(claims, "iat");
    if (claims.contains("iat") && (!issued || *issued > now_s + leeway))
        return "was issued in the future";
    const auto not_before = time_in(claims, "nbf");
    if (claims.contains("nbf") && (!not_before || *not_before > now_s + leeway))
        return "isn't valid yet";
    if (*expires - issued.value_or(now_s) > std::int64_t{auth.token_lifetime_s} + leeway)
        return "lives longer than auth.token_lifetime_s";
    return nullptr;
}

std::optional<TokenClaims> claims_of(const json& object) {
    const auto own = object.find("strata");
    if (own == object.end() || !own->is_object()) return std::nullopt;
    const auto rights = own->find("rights");
    TokenClaims claims{.subject = text_in(object, "sub"), .room = text_in(*own, "room")};
    if (claims.room.empty() || rights == own->end() || !rights->is_array()) return std::nullopt;
    for (const json& right : *rights)
        for (std::size_t i = 0; i < kRights.size(); ++i)
            if (right == kRights[i]) claims.rights.insert(static_cast<Right>(i));
    claims.expires_at_s = time_in(object, "exp").value_or(0);
    return claims;
}

}  // namespace

std::string_view right_text(Right right) { return kRights.at(static_cast<std::size_t>(right)); }

bool TokenClaims::allows(Right right, std::string_view in_room) const {
    return (room == "*" || room == in_room) &&
           (rights.contains(right) || rights.contains(Right::admin));
}

Result<TokenKey> load_token_key(const api::AuthConfig& auth, const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in)
        return refuse(ErrorCode::internal, file, "the key of tokens can't be read",
                      "see auth.key_file");
    TokenKey key{auth.algorithm == "EdDSA" ? TokenAlgorithm::eddsa : TokenAlgorithm::hs256,
                 std::string(std::istreambuf_iterator<char>(in), {})};
    if (key.algorithm == TokenAlgorithm::hs256)
        while (key.bytes.ends_with('\n') || key.bytes.ends_with('\r')) key.bytes.pop_back();
    if (key_fits(key)) return key;
    return refuse(ErrorCode::internal, file,
                  key.algorithm == TokenAlgorithm::hs256
                      ? "a secret for HS256 has at least 32 bytes and isn't PEM"
                      : "not an Ed25519 key in PEM",
                  "openssl rand -hex 32, or openssl genpkey -algorithm ed25519");
}

Result<TokenClaims> verify_token(std::string_view token, const TokenKey& key,
                                 const api::AuthConfig& auth, std::int64_t now_s) {
    if (token.size() > kMaxTokenBytes) return refused("is too long");
    const std::size_t first = token.find('.'), second = token.find('.', first + 1);
    if (first == token.npos || second == token.npos || token.find('.', second + 1) != token.npos)
        return refused("isn't a signed token");
    const json header = parsed(token.substr(0, first));
    // The key says which algorithm it is for; the token can only agree (no "none", no public key
    // taken for a secret). Header parameters that must be understood aren't.
    if (text_in(header, "alg") != algorithm_text(key.algorithm) || header.contains("crit"))
        return refused("isn't signed as this node wants it");
    const auto signature = from_base64url(token.substr(second + 1));
    if (!signature || !signature_fits(token.substr(0, second), *signature, key))
        return refused("has a wrong signature");
    const json claims = parsed(token.substr(first + 1, second - first - 1));
    if (const char* wrong = wrong_time(claims, auth, now_s)) return refused(wrong);
    if (text_in(claims, "iss") != auth.issuer) return refused("has another issuer");
    if (!for_us(claims, auth.audience)) return refused("is for somebody else");
    const auto found = claims_of(claims);
    if (!found) return refused("names no room and rights");
    return *found;
}

Result<std::string> make_token(const TokenClaims& claims, const TokenKey& key,
                               const api::AuthConfig& auth, std::int64_t now_s) {
    json rights = json::array();
    for (const Right right : claims.rights) rights.push_back(right_text(right));
    const json header = {{"alg", algorithm_text(key.algorithm)}, {"typ", "JWT"}};
    json body = {{"iss", auth.issuer},
                 {"aud", auth.audience},
                 {"iat", now_s},
                 {"exp", claims.expires_at_s},
                 {"strata", {{"room", claims.room}, {"rights", std::move(rights)}}}};
    if (!claims.subject.empty()) body["sub"] = claims.subject;
    std::string text = base64url(header.dump()) + "." + base64url(body.dump());
    const auto signature = sign(text, key);
    if (!signature)
        return refuse(ErrorCode::invalid_field, "--key", "the key isn't one to sign with",
                      "for EdDSA the private key is needed");
    return text + "." + base64url(*signature);
}

}  // namespace strata::control

#include "control/signalling/token.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <nlohmann/json.hpp>

#include "control/signalling/signature.h"

namespace strata::control {
namespace {

constexpr std::int64_t kClaimsNow = 1'800'000'000;
const TokenKey kSecret{TokenAlgorithm::hs256, "0123456789abcdef0123456789abcdef"};

struct Ed25519Keys {
    TokenKey secret{TokenAlgorithm::eddsa, ""}, open{TokenAlgorithm::eddsa, ""};
};
Ed25519Keys ed25519() {
    EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    Ed25519Keys keys;
    for (const bool secret : {true, false}) {
        BIO* bio = BIO_new(BIO_s_mem());
        if (secret)
            PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
        else
            PEM_write_bio_PUBKEY(bio, key);
        char* data = nullptr;
        const long size = BIO_get_mem_data(bio, &data);
        (secret ? keys.secret : keys.open).bytes.assign(data, static_cast<std::size_t>(size));
        BIO_free(bio);
    }
    EVP_PKEY_free(key);
    return keys;
}

TokenClaims claims() {
    return {.subject = "alice",
            .room = "demo",
            .rights = {Right::publish},
            .expires_at_s = kClaimsNow + 600};
}

// A token with any header and body, signed with HMAC-SHA256 by `key`.
std::string forged(const nlohmann::json& header, const nlohmann::json& body,
                   const std::string& key) {
    const std::string text = base64url(header.dump()) + "." + base64url(body.dump());
    return text + "." + base64url(*sign(text, {TokenAlgorithm::hs256, key}));
}

nlohmann::json body() {
    return {{"iss", "strata"},
            {"aud", "strata"},
            {"exp", kClaimsNow + 600},
            {"iat", kClaimsNow},
            {"strata", {{"room", "demo"}, {"rights", {"publish"}}}}};
}
const nlohmann::json kHeader = {{"alg", "HS256"}, {"typ", "JWT"}};

TEST(Token, RoundTripOfBothAlgorithms) {
    const Ed25519Keys keys = ed25519();
    for (const auto& [signer, verifier] :
         {std::pair{kSecret, kSecret}, std::pair{keys.secret, keys.open}}) {
        const auto token = make_token(claims(), signer, {}, kClaimsNow);
        ASSERT_TRUE(token);
        const auto read = verify_token(*token, verifier, {}, kClaimsNow + 599);
        ASSERT_TRUE(read) << read.error().detail;
        EXPECT_EQ(read->subject, "alice");
        EXPECT_TRUE(read->allows(Right::publish, "demo"));
        EXPECT_FALSE(read->allows(Right::subscribe, "demo"));
        EXPECT_FALSE(read->allows(Right::publish, "other"));
    }
    EXPECT_FALSE(make_token(claims(), keys.open, {}, kClaimsNow));  // can't sign
}

TEST(Token, RightsAndRooms) {
    const TokenClaims admin{.room = "*", .rights = {Right::admin}};
    EXPECT_TRUE(admin.allows(Right::subscribe, "any"));
    EXPECT_FALSE(TokenClaims{.room = "*"}.allows(Right::publish, "any"));
}

TEST(Token, AlgorithmIsTheKeysAlone) {
    const Ed25519Keys keys = ed25519();
    const std::string none = base64url(R"({"alg":"none"})") + "." + base64url(body().dump()) + ".";
    EXPECT_FALSE(verify_token(none, kSecret, {}, kClaimsNow));
    EXPECT_FALSE(verify_token(none, {TokenAlgorithm::hs256, ""}, {}, kClaimsNow));
    // HS256 keyed with the public key that verifies EdDSA.
    EXPECT_FALSE(verify_token(forged(kHeader, body(), keys.open.bytes), keys.open, {}, kClaimsNow));
    EXPECT_FALSE(key_fits({TokenAlgorithm::hs256, keys.open.bytes}));
    EXPECT_FALSE(verify_token(forged({{"alg", "EdDSA"}}, body(), keys.open.bytes), keys.open, {},
                              kClaimsNow));
    for (const char* alg : {"HS384", "hs256", "None", ""})
        EXPECT_FALSE(
            verify_token(forged({{"alg", alg}}, body(), kSecret.bytes), kSecret, {}, kClaimsNow));
    EXPECT_FALSE(verify_token(forged({{"alg", "HS256"}, {"crit", {"exp"}}}, body(), kSecret.bytes),
                              kSecret, {}, kClaimsNow));
    ASSERT_TRUE(verify_token(forged(kHeader, body(), kSecret.bytes), kSecret, {}, kClaimsNow));
}

TEST(Token, ForgedTruncatedAndGarbage) {
    const std::string good = *make_token(claims(), kSecret, {}, kClaimsNow);
    EXPECT_FALSE(
        verify_token(forged(kHeader, body(), std::string(32, 'x')), kSecret, {}, kClaimsNow));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(verify_token(good.substr(0, size), kSecret, {}, kClaimsNow));
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string changed = good;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(verify_token(changed, kSecret, {}, kClaimsNow)) << i;
    }
    EXPECT_FALSE(verify_token(good + ".x", kSecret, {}, kClaimsNow));
    EXPECT_FALSE(verify_token(std::string(5000, 'a'), kSecret, {}, kClaimsNow));
    EXPECT_FALSE(verify_token("a.b.c", kSecret, {}, kClaimsNow));
}

TEST(Token, EveryClaimIsChecked) {
    const auto refused = [](const char* what, auto change) {
        nlohmann::json changed = body();
        change(changed);
        EXPECT_FALSE(verify_token(forged(kHeader, changed, kSecret.bytes), kSecret, {}, kClaimsNow))
            << what;
    };
    refused("expired", [](auto& b) { b["exp"] = kClaimsNow - 6; });
    refused("no exp", [](auto& b) { b.erase("exp"); });
    refused("exp text", [](auto& b) { b["exp"] = "1900000000"; });
    refused("exp huge", [](auto& b) { b["exp"] = 1e300; });
    refused("nbf", [](auto& b) { b["nbf"] = kClaimsNow + 60; });
    refused("iat", [](auto& b) { b["iat"] = kClaimsNow + 60; });
    refused("too long", [](auto& b) { b["exp"] = kClaimsNow + 100'000'000; });
    refused("iss", [](auto& b) { b["iss"] = "other"; });
    refused("aud", [](auto& b) { b["aud"] = "other"; });
    refused("no aud", [](auto& b) { b.erase("aud"); });
    refused("no room", [](auto& b) { b["strata"].erase("room"); });
    refused("no claim", [](auto& b) { b.erase("strata"); });
    nlohmann::json list = body();
    list["aud"] = {"x", "strata"};
    EXPECT_TRUE(verify_token(forged(kHeader, list, kSecret.bytes), kSecret, {}, kClaimsNow));
}

}  // namespace
}  // namespace strata::control

#include "dataplane/server/security_builder.h"

#include <gtest/gtest.h>

#include "dataplane/crypto/engine.h"
#include "tests/unit/dataplane/worker/srtp_peer.h"

namespace strata::dataplane {
namespace {

api::Transport secure(std::uint8_t seed) {
    api::Transport spec;
    spec.set_id(1);
    *spec.mutable_security() = SrtpPeer::make_security(relay::SrtpProfile::aead_aes_256_gcm, seed);
    return spec;
}

class KeyFingerprintsTest : public ::testing::Test {
  protected:
    std::unique_ptr<relay::SrtpCipher> engine_ = make_cipher();
    KeyFingerprints fingerprints_{*engine_, [n = 1u]() mutable { return n *= 77; }};
};

TEST_F(KeyFingerprintsTest, NothingOfAKeyIsKept) {
    const api::Transport spec = secure(0x41);
    const std::string text = fingerprints_.redacted(spec).SerializeAsString();
    for (const std::string& secret :
         {spec.security().inbound_key(), spec.security().inbound_salt(),
          spec.security().outbound_key(), spec.security().outbound_salt()})
        EXPECT_EQ(text.find(secret.substr(0, 4)), std::string::npos);
}

TEST_F(KeyFingerprintsTest, DifferWhereTheKeysDo) {
    const auto text = [&](const api::Transport& spec) {
        return fingerprints_.redacted(spec).SerializeAsString();
    };
    EXPECT_EQ(text(secure(1)), text(secure(1)));
    EXPECT_NE(text(secure(1)), text(secure(2)));
    api::Transport plain;
    plain.set_id(1);
    EXPECT_EQ(text(plain), plain.SerializeAsString());
    api::Transport waiting;
    waiting.mutable_security();
    EXPECT_EQ(text(waiting), waiting.SerializeAsString());
}

// C25.
TEST_F(KeyFingerprintsTest, AKeyThatWasGivenUpIsKnown) {
    const api::Transport a = fingerprints_.redacted(secure(1)),
                         b = fingerprints_.redacted(secure(2));
    fingerprints_.retire(a);
    fingerprints_.retire(fingerprints_.redacted(api::Transport()));
    EXPECT_TRUE(fingerprints_.retired(a));
    EXPECT_FALSE(fingerprints_.retired(b));
    EXPECT_FALSE(fingerprints_.retired(fingerprints_.redacted(api::Transport())));
}

TEST(WipeKeys, LeavesNone) {
    api::Transport spec = secure(1);
    wipe_keys(spec);
    EXPECT_TRUE(spec.security().inbound_key().empty());
    EXPECT_TRUE(spec.security().outbound_salt().empty());
    EXPECT_EQ(spec.security().profile(), api::SRTP_PROFILE_AEAD_AES_256_GCM);
}

TEST(BuildSecurity, WithoutAProfileThereAreNoKeysYet) {
    const auto engine = make_cipher();
    const auto built = build_security(api::Security(), *engine, {});
    ASSERT_TRUE(built);
    EXPECT_EQ(*built, nullptr);
}

}  // namespace
}  // namespace strata::dataplane

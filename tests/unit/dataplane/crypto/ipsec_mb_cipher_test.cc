#include "dataplane/crypto/ipsec_mb_cipher.h"

#include <algorithm>

#include "dataplane/crypto/openssl_cipher.h"
#include "tests/unit/dataplane/crypto/cross_check.h"

namespace strata::dataplane {
namespace {

TEST(IpsecMbCipher, AgreesWithOpenssl) {
    IpsecMbCipher ipsec_mb;
    OpensslCipher openssl;
    for (unsigned seed = 1; seed < 6; ++seed) {
        cross_check(ipsec_mb, openssl, seed);
        cross_check(openssl, ipsec_mb, seed);
    }
}

TEST(IpsecMbCipher, WipesKeys) {
    IpsecMbCipher engine;
    for (const relay::SrtpProfile profile : kSrtpProfiles) {
        relay::SessionKey session;
        session.cipher.fill(3);
        relay::CipherKey key;
        engine.expand(profile, session, key);
        engine.release(key);
        EXPECT_TRUE(std::all_of(key.material.begin(), key.material.end(),
                                [](std::byte b) { return b == std::byte{0}; }));
    }
}

TEST(IpsecMbCipher, SaysItsVersion) { EXPECT_EQ(IpsecMbCipher::name().find("ipsec-mb "), 0u); }

}  // namespace
}  // namespace strata::dataplane

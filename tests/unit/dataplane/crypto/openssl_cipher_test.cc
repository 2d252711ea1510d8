#include "dataplane/crypto/openssl_cipher.h"

#include "tests/unit/dataplane/crypto/cross_check.h"
#include "tests/unit/relay/srtp/reference_cipher.h"

namespace strata::dataplane {
namespace {

TEST(OpensslCipher, AgreesWithTheReference) {
    OpensslCipher openssl;
    relay::ReferenceCipher reference;
    cross_check(openssl, reference, 1);
    cross_check(reference, openssl, 2);
}

TEST(OpensslCipher, SaysItsVersion) { EXPECT_EQ(OpensslCipher::name().find("OpenSSL 3."), 0u); }

}  // namespace
}  // namespace strata::dataplane

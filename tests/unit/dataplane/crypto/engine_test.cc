#include "dataplane/crypto/engine.h"

#include "tests/unit/dataplane/crypto/cross_check.h"

namespace strata::dataplane {
namespace {

TEST(CipherEngine, IsThereAndHasAName) {
    EXPECT_FALSE(cipher_name().empty());
    const auto engine = make_cipher(), other = make_cipher();
    cross_check(*engine, *other, 7);
}

}  // namespace
}  // namespace strata::dataplane

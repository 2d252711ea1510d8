#include "control/signalling/signature.h"

#include <gtest/gtest.h>

namespace strata::control {
namespace {

TEST(Signature, Base64Url) {
    EXPECT_EQ(base64url(std::string("\x03\xec\xff\xe0\xc1", 5)), "A-z_4ME");  // RFC 7515 C
    for (const char* text : {"", "a", "ab", "abc", "abcd", "\xff\xfe\xfd"})
        EXPECT_EQ(from_base64url(base64url(text)), text);
    EXPECT_FALSE(from_base64url("a"));
    EXPECT_FALSE(from_base64url("YR"));  // leftover bits
    EXPECT_FALSE(from_base64url("YQ=="));
    EXPECT_FALSE(from_base64url("Y+"));
}

// RFC 7515 appendix A.1
TEST(Signature, Hs256Vector) {
    const auto key = from_base64url(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    ASSERT_TRUE(key);
    const std::string text =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog"
        "Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const TokenKey hmac{TokenAlgorithm::hs256, *key};
    EXPECT_EQ(base64url(*sign(text, hmac)), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    EXPECT_TRUE(
        signature_fits(text, *from_base64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), hmac));
}

// RFC 8037 appendix A.4
TEST(Signature, EdDsaVector) {
    const TokenKey key{TokenAlgorithm::eddsa,
                       "-----BEGIN PUBLIC KEY-----\n"
                       "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                       "-----END PUBLIC KEY-----\n"};
    EXPECT_TRUE(key_fits(key));
    const auto signature = from_base64url(
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    const std::string text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    EXPECT_TRUE(signature_fits(text, *signature, key));
    EXPECT_FALSE(signature_fits(text + "x", *signature, key));
}

}  // namespace
}  // namespace strata::control

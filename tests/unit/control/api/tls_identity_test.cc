#include "control/api/tls_identity.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/unit/control/scratch_folder.h"

namespace strata::control {
namespace {

struct TlsIdentityTest : testing::Test {
    TlsFiles own() const { return {"", "", folder.file("https.pem"), "node.example"}; }
    std::string put(const std::string& name, const std::string& text) const {
        std::ofstream(folder.file(name)) << text;
        return folder.file(name);
    }
    ScratchFolder folder;
};

TEST_F(TlsIdentityTest, OneIsMadeAndKeptToItself) {
    const auto made = load_tls_identity(own());
    ASSERT_TRUE(made) << made.error().detail;
    EXPECT_TRUE(made->self_signed);
    EXPECT_EQ(made->fingerprint.size(), 95u);
    struct stat file{};
    ASSERT_EQ(stat(folder.file("https.pem").c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0600u);
    EXPECT_EQ(load_tls_identity(own())->fingerprint, made->fingerprint);
    // A damaged one is replaced.
    put("https.pem", "junk");
    const auto again = load_tls_identity(own());
    ASSERT_TRUE(again);
    EXPECT_NE(again->fingerprint, made->fingerprint);
    EXPECT_EQ(stat(folder.file("https.pem").c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0600u);
}

TEST_F(TlsIdentityTest, NamesThatNoHostHasAreLeftOut) {
    TlsFiles files = own();
    files.name = "DNS:evil\nIP:*";
    EXPECT_TRUE(load_tls_identity(files));
}

TEST_F(TlsIdentityTest, TheOperatorsFiles) {
    const auto made = load_tls_identity(own());
    const std::size_t key_at = made->chain.find("-----BEGIN PRIVATE KEY");
    const std::string chain = put("chain.pem", made->chain.substr(0, key_at));
    const std::string key = put("key.pem", made->chain.substr(key_at));
    const auto read = load_tls_identity({chain, key, "", ""});
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_FALSE(read->self_signed);
    EXPECT_EQ(read->fingerprint, made->fingerprint);
    EXPECT_TRUE(load_tls_identity({folder.file("https.pem"), "", "", ""}));  // both in one

    TlsFiles other = own();
    other.self_signed = folder.file("other.pem");
    ASSERT_TRUE(load_tls_identity(other));
    EXPECT_FALSE(load_tls_identity({chain, folder.file("other.pem"), "", ""}));  // another's key
    EXPECT_FALSE(load_tls_identity({chain, chain, "", ""}));
    EXPECT_FALSE(load_tls_identity({key, key, "", ""}));
    const auto missing = load_tls_identity({folder.file("none.pem"), key, "", ""});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().object, folder.file("none.pem"));
}

TEST_F(TlsIdentityTest, AFolderThatCannotBeWritten) {
    TlsFiles files = own();
    files.self_signed = folder.file("nowhere/https.pem");
    EXPECT_FALSE(load_tls_identity(files));
}

}  // namespace
}  // namespace strata::control

#include "relay/srtp/key_derivation.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/srtp/hex.h"
#include "tests/unit/relay/srtp/reference_cipher.h"

namespace strata::relay {
namespace {

SrtpMasterKey rfc3711_master() {
    SrtpMasterKey master;
    master.profile = SrtpProfile::aes128_cm_sha1_80;
    const auto key = from_hex("E1F97A0D3E018BE0D64FA32C06DE4139");
    const auto salt = from_hex("0EC675AD498AFEEBB6960B3AABE6");
    std::copy(key.begin(), key.end(), master.key.begin());
    std::copy(salt.begin(), salt.end(), master.salt.begin());
    return master;
}

// RFC 3711 appendix B.3.
TEST(SrtpKeyDerivation, GivesTheKeysOfTheRfc) {
    ReferenceCipher engine;
    const SrtpMasterKey master = rfc3711_master();
    const KeyDerivation derivation(master, engine);
    std::vector<std::uint8_t> cipher(16), salt(14), auth(94);
    derivation.derive(0, cipher);
    derivation.derive(1, auth);
    derivation.derive(2, salt);
    EXPECT_EQ(cipher, from_hex("C61E7A93744F39EE10734AFE3FF7A087"));
    EXPECT_EQ(salt, from_hex("30CBBC08863D8C85D49DB34A9AE1"));
    EXPECT_EQ(auth, from_hex("CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE"
                             "E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25"
                             "6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2"));
}

// RFC 3711 appendix B.2, and FIPS 197 appendix C.3 for 256 bits: the oracle itself.
TEST(SrtpKeyDerivation, TheReferenceIsAes) {
    ReferenceCipher engine;
    std::vector<std::uint8_t> out(16);
    engine.encrypt_block(from_hex("2B7E151628AED2A6ABF7158809CF4F3C"),
                         from_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0001").data(), out.data());
    EXPECT_EQ(out, from_hex("D23513162B02D0F72A43A2FE4A5F97AB"));
    engine.encrypt_block(
        from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
        from_hex("00112233445566778899aabbccddeeff").data(), out.data());
    EXPECT_EQ(out, from_hex("8ea2b7ca516745bfeafc49904b496089"));
}

TEST(SrtpKeyDerivation, TheReferenceIsSha1) {
    const auto digest = reference_sha1({'a', 'b', 'c'});
    EXPECT_EQ(std::vector<std::uint8_t>(digest.begin(), digest.end()),
              from_hex("a9993e364706816aba3e25717850c26c9cd0d89d"));
}

}  // namespace
}  // namespace strata::relay

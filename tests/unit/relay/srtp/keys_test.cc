#include "relay/srtp/keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "tests/unit/relay/srtp/reference_cipher.h"

namespace strata::relay {
namespace {

TEST(SrtpKeys, EveryLabelGivesAnotherKey) {
    ReferenceCipher engine;
    for (const SrtpProfile profile : {SrtpProfile::aes128_cm_sha1_80, SrtpProfile::aead_aes_128_gcm,
                                      SrtpProfile::aead_aes_256_gcm}) {
        SrtpMasterKey master;
        master.profile = profile;
        master.key.fill(7);
        const SrtpKeys keys(master, engine);
        EXPECT_EQ(keys.profile(), profile);
        EXPECT_NE(keys.rtp.material, keys.rtcp.material);
        EXPECT_NE(keys.rtp.salt, keys.rtcp.salt);
        const auto past = keys.rtp.salt.begin() + static_cast<std::ptrdiff_t>(salt_size(profile));
        EXPECT_TRUE(std::all_of(past, keys.rtp.salt.end(), [](auto b) { return b == 0; }));
    }
}

TEST(SrtpKeys, ArePassedToTheEngineToBeWiped) {
    ReferenceCipher engine;
    {
        const SrtpKeys keys(SrtpMasterKey{}, engine);
    }
    EXPECT_EQ(engine.released, 2);
}

TEST(SrtpMasterKeyTest, IsWipedWhenItGoes) {
    alignas(SrtpMasterKey) std::array<std::uint8_t, sizeof(SrtpMasterKey)> room{};
    auto* master = new (room.data()) SrtpMasterKey;
    master->key.fill(0xaa);
    master->salt.fill(0xbb);
    master->~SrtpMasterKey();
    EXPECT_EQ(std::count(room.begin(), room.end(), 0xaa), 0);
    EXPECT_EQ(std::count(room.begin(), room.end(), 0xbb), 0);
}

TEST(SrtpWipe, ComparesEveryByte) {
    const std::array<std::uint8_t, 3> a{1, 2, 3}, b{1, 2, 4};
    EXPECT_TRUE(equal_secret(a.data(), b.data(), 2));
    EXPECT_FALSE(equal_secret(a.data(), b.data(), 3));
}

}  // namespace
}  // namespace strata::relay

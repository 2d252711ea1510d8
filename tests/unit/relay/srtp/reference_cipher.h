#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

#include "relay/srtp/cipher.h"

namespace strata::relay {

// AES, GHASH and HMAC-SHA1 written down the slow and obvious way: the oracle of these tests.
class ReferenceCipher final : public SrtpCipher {
  public:
    using Block = std::array<std::uint8_t, 16>;
    using Bytes = std::vector<std::uint8_t>;

    void encrypt_block(std::span<const std::uint8_t> key, const std::uint8_t* in,
                       std::uint8_t* out) override;
    void expand(SrtpProfile profile, const SessionKey& key, CipherKey& out) override;
    void release(CipherKey& key) override;
    void seal(std::span<CipherJob> jobs) override;
    void open(std::span<CipherJob> jobs) override;

    int released = 0;

  private:
    const SessionKey& session(const CipherJob& job) const;
    Block block(const CipherJob& job, const Block& in);
    void crypt(CipherJob& job);
    Bytes gcm_tag(const CipherJob& job);
    Bytes tag(const CipherJob& job);
};

std::array<std::uint8_t, 20> reference_sha1(std::vector<std::uint8_t> message);

}  // namespace strata::relay

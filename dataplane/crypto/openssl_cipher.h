#pragma once

#include <string>

#include "relay/srtp/cipher.h"

namespace strata::dataplane {

// OpenSSL's EVP, one packet after the other: for processors without ipsec-mb, as what that one is
// checked against, and as its baseline.
class OpensslCipher final : public relay::SrtpCipher {
  public:
    static std::string name();

    void encrypt_block(std::span<const std::uint8_t> key, const std::uint8_t* in,
                       std::uint8_t* out) override;
    void expand(relay::SrtpProfile profile, const relay::SessionKey& key,
                relay::CipherKey& out) override;
    void release(relay::CipherKey& key) override;
    void seal(std::span<relay::CipherJob> jobs) override;
    void open(std::span<relay::CipherJob> jobs) override;
};

}  // namespace strata::dataplane

#pragma once

#include <cstdint>
#include <span>

#include "relay/srtp/cipher.h"
#include "relay/srtp/keys.h"

namespace strata::relay {

// First of three labels: encryption, authentication, salt (RFC 3711 section 4.3.2).
enum class KeyLabel : std::uint8_t { rtp = 0, rtcp = 3 };

// The pseudo-random function of RFC 3711 section 4.3.3, AES in counter mode keyed with the master
// key; of 256 bits for AEAD_AES_256_GCM (RFC 7714 section 11). The key derivation rate is 0.
class KeyDerivation {
  public:
    KeyDerivation(const SrtpMasterKey& master, SrtpCipher& engine)
        : master_(master), engine_(engine) {}

    void derive(std::uint8_t label, std::span<std::uint8_t> out) const;

  private:
    const SrtpMasterKey& master_;
    SrtpCipher& engine_;
};

}  // namespace strata::relay

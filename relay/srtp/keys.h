#pragma once

#include <array>
#include <cstdint>

#include "relay/srtp/cipher.h"
#include "relay/srtp/profile.h"
#include "relay/srtp/wipe.h"

namespace strata::relay {

// What DTLS negotiated for one direction of one peer. Wiped when it goes.
struct SrtpMasterKey {
    SrtpProfile profile = SrtpProfile::none;
    std::array<std::uint8_t, kMaxSrtpKey> key{};
    std::array<std::uint8_t, kMaxSrtpSalt> salt{};

    SrtpMasterKey() = default;
    SrtpMasterKey(const SrtpMasterKey&) = default;
    SrtpMasterKey& operator=(const SrtpMasterKey&) = default;
    ~SrtpMasterKey() {
        wipe(key.data(), key.size());
        wipe(salt.data(), salt.size());
    }
};

// Session keys of one direction of one peer, ready for use (RFC 3711 section 4.3). Main thread
// makes and destroys it; the engine that made it must outlive it.
class SrtpKeys {
  public:
    SrtpKeys(const SrtpMasterKey& master, SrtpCipher& engine);
    ~SrtpKeys();
    SrtpKeys(const SrtpKeys&) = delete;
    SrtpKeys& operator=(const SrtpKeys&) = delete;

    SrtpProfile profile() const { return rtp.profile; }

    CipherKey rtp, rtcp;

  private:
    SrtpCipher& engine_;
};

}  // namespace strata::relay

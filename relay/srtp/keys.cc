#include "relay/srtp/keys.h"

#include "relay/srtp/key_derivation.h"

namespace strata::relay {

SrtpKeys::SrtpKeys(const SrtpMasterKey& master, SrtpCipher& engine) : engine_(engine) {
    KeyDerivation derivation(master, engine);
    const auto make = [&](KeyLabel first, CipherKey& key, std::array<std::uint8_t, 14>& salt) {
        const auto label = static_cast<std::uint8_t>(first);
        SessionKey session;
        derivation.derive(label, std::span(session.cipher).first(key_size(master.profile)));
        if (!is_gcm(master.profile))
            derivation.derive(static_cast<std::uint8_t>(label + 1), session.auth);
        derivation.derive(static_cast<std::uint8_t>(label + 2),
                          std::span(salt).first(salt_size(master.profile)));
        engine_.expand(master.profile, session, key);
        wipe(&session, sizeof session);
    };
    make(KeyLabel::rtp, rtp, rtp_salt);
    make(KeyLabel::rtcp, rtcp, rtcp_salt);
}

SrtpKeys::~SrtpKeys() {
    engine_.release(rtp);
    engine_.release(rtcp);
    wipe(rtp_salt.data(), rtp_salt.size());
    wipe(rtcp_salt.data(), rtcp_salt.size());
}

}  // namespace strata::relay

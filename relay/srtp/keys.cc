#include "relay/srtp/keys.h"

#include "relay/srtp/key_derivation.h"

namespace strata::relay {

SrtpKeys::SrtpKeys(const SrtpMasterKey& master, SrtpCipher& engine) : engine_(engine) {
    KeyDerivation derivation(master, engine);
    const auto make = [&](KeyLabel first, CipherKey& key) {
        const auto label = static_cast<std::uint8_t>(first);
        SessionKey session;
        derivation.derive(label, std::span(session.cipher).first(key_size(master.profile)));
        if (!is_gcm(master.profile))
            derivation.derive(static_cast<std::uint8_t>(label + 1), session.auth);
        derivation.derive(static_cast<std::uint8_t>(label + 2),
                          std::span(key.salt).first(salt_size(master.profile)));
        engine_.expand(master.profile, session, key);
        wipe(&session, sizeof session);
    };
    make(KeyLabel::rtp, rtp);
    make(KeyLabel::rtcp, rtcp);
}

SrtpKeys::~SrtpKeys() {
    engine_.release(rtp);
    engine_.release(rtcp);
    wipe(rtp.salt.data(), rtp.salt.size());
    wipe(rtcp.salt.data(), rtcp.salt.size());
}

}  // namespace strata::relay

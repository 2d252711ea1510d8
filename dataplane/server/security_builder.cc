#include "dataplane/server/security_builder.h"

#include <algorithm>
#include <utility>

#include "relay/rtp/byte_order.h"
#include "relay/srtp/wipe.h"

namespace strata::dataplane {
namespace {

bool fill(relay::SrtpMasterKey& out, relay::SrtpProfile profile, const std::string& key,
          const std::string& salt) {
    if (key.size() != relay::key_size(profile) || salt.size() != relay::salt_size(profile))
        return false;
    out.profile = profile;
    std::copy(key.begin(), key.end(), out.key.begin());
    std::copy(salt.begin(), salt.end(), out.salt.begin());
    return true;
}

void wipe_text(std::string& text) {
    relay::wipe(text.data(), text.size());
    text.clear();
}

}  // namespace

Built<SecureTransport> build_security(const api::Security& spec, relay::SrtpCipher& engine,
                                      const relay::InboundStreams::Limits& limits) {
    if (spec.profile() == api::SRTP_PROFILE_NONE) return nullptr;
    const auto profile = static_cast<relay::SrtpProfile>(spec.profile());
    if (!relay::is_known(profile))
        return invalid("SRTP profile " + std::to_string(spec.profile()) +
                       " isn't supported; 1, 7 and 8 are");
    relay::SrtpMasterKey in, out;
    if (!fill(in, profile, spec.inbound_key(), spec.inbound_salt()) ||
        !fill(out, profile, spec.outbound_key(), spec.outbound_salt()))
        return invalid("SRTP profile " + std::to_string(spec.profile()) + " takes keys of " +
                       std::to_string(relay::key_size(profile)) + " and salts of " +
                       std::to_string(relay::salt_size(profile)) + " bytes");
    // One key for both directions would encrypt two streams alike where their SSRCs meet.
    if (spec.inbound_key() == spec.outbound_key() && spec.inbound_salt() == spec.outbound_salt())
        return invalid("the keys of the two directions are the same");
    return std::make_unique<SecureTransport>(in, out, engine, limits);
}

KeyFingerprints::KeyFingerprints(relay::SrtpCipher& engine, const NumberSource& numbers)
    : engine_(engine) {
    for (std::size_t at = 0; at < key_.size(); at += 4) relay::store_be32(&key_[at], numbers());
}

// The size comes first, which makes CBC-MAC one for texts of any size.
std::string KeyFingerprints::of(const std::string& secret) const {
    if (secret.empty()) return {};
    std::array<std::uint8_t, 16> state{}, block{};
    relay::store_be64(&block[0], secret.size());
    for (std::size_t at = 0;; at += 16) {
        for (std::size_t i = 0; i < 16; ++i)
            state[i] = static_cast<std::uint8_t>(state[i] ^ block[i]);
        engine_.encrypt_block(key_, state.data(), block.data());
        state = block;
        if (at >= secret.size()) break;
        block.fill(0);
        std::copy_n(secret.begin() + static_cast<std::ptrdiff_t>(at),
                    std::min<std::size_t>(16, secret.size() - at), block.begin());
    }
    return {state.begin(), state.end()};
}

api::Transport KeyFingerprints::redacted(const api::Transport& spec) const {
    api::Transport out = spec;
    if (!out.has_security()) return out;
    wipe_keys(out);
    api::Security& to = *out.mutable_security();
    const api::Security& from = spec.security();
    to.set_inbound_key(of(from.inbound_key()));
    to.set_inbound_salt(of(from.inbound_salt()));
    to.set_outbound_key(of(from.outbound_key()));
    to.set_outbound_salt(of(from.outbound_salt()));
    return out;
}

void KeyFingerprints::retire(const api::Transport& redacted) {
    if (redacted.security().outbound_key().empty()) return;
    if (retired_.size() >= kMaxRetired / 2) retired_before_ = std::exchange(retired_, {});
    retired_.insert(redacted.security().outbound_key());
}

bool KeyFingerprints::retired(const api::Transport& redacted) const {
    const std::string& key = redacted.security().outbound_key();
    return retired_.contains(key) || retired_before_.contains(key);
}

void wipe_keys(api::Transport& spec) {
    if (!spec.has_security()) return;
    api::Security& security = *spec.mutable_security();
    for (std::string* text : {security.mutable_inbound_key(), security.mutable_inbound_salt(),
                              security.mutable_outbound_key(), security.mutable_outbound_salt()})
        wipe_text(*text);
}

}  // namespace strata::dataplane

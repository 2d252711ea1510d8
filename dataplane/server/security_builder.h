#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "dataplane/server/object_builder.h"
#include "dataplane/worker/secure_transport.h"

// Keys on their way from control's messages to a worker: checked, expanded, and not kept.
namespace strata::dataplane {

// Null: the keys are still being negotiated. Messages never show a key.
Built<SecureTransport> build_security(const api::Security& spec, relay::SrtpCipher& engine,
                                      const relay::InboundStreams::Limits& limits);

// Tells keys apart without keeping them: AES-CBC-MAC under a key of this process.
class KeyFingerprints {
  public:
    KeyFingerprints(relay::SrtpCipher& engine, const NumberSource& numbers);

    // `spec` without its keys; their fingerprints stand in their places, so that two of these
    // differ where the originals do.
    api::Transport redacted(const api::Transport& spec) const;

    // Outbound keys that were given up: nobody may send under one again, since the indexes that it
    // was used with are forgotten (C25). Takes redacted transports.
    void retire(const api::Transport& redacted);
    bool retired(const api::Transport& redacted) const;

  private:
    std::string of(const std::string& secret) const;

    static constexpr std::size_t kMaxRetired = 65'536;  // then the oldest half is forgotten
    relay::SrtpCipher& engine_;
    std::array<std::uint8_t, 16> key_{};
    std::set<std::string> retired_, retired_before_;
};

// Overwrites the keys in a message that has been put.
void wipe_keys(api::Transport& spec);

}  // namespace strata::dataplane

#pragma once

#include <memory>
#include <optional>

#include "dataplane/crypto/engine.h"
#include "dataplane/server/security_builder.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/demux.h"
#include "relay/srtp/packet_index.h"
#include "relay/srtp/receiver.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane {

// The other end of a secure transport: encrypts what it sends to the relay, reads what it gets.
class SrtpPeer {
  public:
    SrtpPeer(relay::SrtpProfile profile, std::uint8_t seed)
        : security(make_security(profile, seed)),
          owned_(build_security(swapped(security), *engine_, {}).value()),
          keys_(*owned_) {}

    // As control would put it.
    static api::Security make_security(relay::SrtpProfile profile, std::uint8_t seed) {
        const auto text = [&](std::size_t size, int salt) {
            return std::string(size, static_cast<char>(seed + salt));
        };
        api::Security out;
        out.set_profile(static_cast<api::SrtpProfile>(profile));
        out.set_inbound_key(text(relay::key_size(profile), 1));
        out.set_inbound_salt(text(relay::salt_size(profile), 2));
        out.set_outbound_key(text(relay::key_size(profile), 3));
        out.set_outbound_salt(text(relay::salt_size(profile), 4));
        return out;
    }

    Packet protect(const Packet& plain) {
        Packet packet = plain;
        const relay::SrtpKeys& keys = keys_.outbound;
        relay::CipherJob job;
        if (relay::classify(plain) == relay::PacketClass::rtcp) {
            packet.resize(plain.size() + relay::rtcp_overhead(keys.profile()));
            relay::frame_sent_rtcp(keys, packet, plain.size(), rtcp_index_++, job);
        } else {
            const std::size_t clear = *relay::rtp_clear_size(plain);
            packet.resize(plain.size() + relay::tag_size(keys.profile()));
            relay::frame_sent_rtp(keys,
                                  {packet.data(), static_cast<std::uint16_t>(clear),
                                   static_cast<std::uint16_t>(plain.size() - clear)},
                                  relay::nearest_index(highest_, relay::load_be16(&plain[2])), job);
            highest_ =
                std::max(highest_, relay::nearest_index(highest_, relay::load_be16(&plain[2])));
        }
        engine_->seal({&job, 1});
        return packet;
    }

    // Nullopt: not authentic, replayed or malformed.
    std::optional<Packet> unprotect(Packet packet) {
        relay::SrtpReceiver::Packet work;
        const bool rtcp = relay::classify(packet) == relay::PacketClass::rtcp;
        const auto begun =
            rtcp ? keys_.receiver.begin_rtcp(packet, work) : keys_.receiver.begin_rtp(packet, work);
        if (begun != relay::SrtpVerdict::ok) return std::nullopt;
        engine_->open({&work.job, 1});
        if (keys_.receiver.finish(work) != relay::SrtpVerdict::ok) return std::nullopt;
        packet.resize(work.plain_size);
        return packet;
    }

  private:
    static api::Security swapped(api::Security security) {
        std::swap(*security.mutable_inbound_key(), *security.mutable_outbound_key());
        std::swap(*security.mutable_inbound_salt(), *security.mutable_outbound_salt());
        return security;
    }

  public:
    const api::Security security;

  private:
    std::unique_ptr<relay::SrtpCipher> engine_ = make_cipher();
    std::unique_ptr<SecureTransport> owned_;
    SecureTransport& keys_;
    std::uint64_t highest_ = 0;
    std::uint32_t rtcp_index_ = 0;
};

}  // namespace strata::dataplane

#pragma once

#include <map>
#include <memory>
#include <vector>

#include "control/dtls/handshakes.h"
#include "control/signalling/sessions.h"
#include "tests/unit/control/node/fixture.h"
#include "tests/unit/control/signalling/sdp/offers.h"

namespace strata::control {

// Sessions on a node with a data plane made of maps; DTLS datagrams go nowhere.
struct SessionsFixture : NodeFixture {
    SessionsFixture() {
        dataplane.addresses = {"127.0.0.1", "::1"};
        dataplane.tcp_addresses = {"198.51.100.7:443", "[2001:db8::1]:8443"};
        start();
        connect();
        node->carry_out(node->directory().plan_room({.name = "demo"}));
    }
    // Everything that control has in memory, anew.
    void start() {
        handshakes = std::make_unique<Handshakes>(
            node->limits(),
            Handshakes::Environment{
                .send = [](ParticipantId, const auto&) {},
                .install =
                    [this](ParticipantId id, const SrtpKeys& keys, std::function<void()> done) {
                        peers->install(id, keys, std::move(done));
                    },
                .ended = [this](ParticipantId id, Handshakes::End end,
                                std::string_view why) { peers->association_ended(id, end, why); },
                .now = [] { return std::chrono::steady_clock::time_point(); },
                .after = [this](auto, auto run) { timers.push_back(std::move(run)); }});
        handshakes->use(*DtlsContext::make(7));
        peers = std::make_unique<Peers>(Peers::Environment{
            .node = node.get(), .handshakes = handshakes.get(), .after = [this](auto, auto run) {
                timers.push_back(std::move(run));
            }});
        sessions = std::make_unique<Sessions>(
            Sessions::Environment{.node = node.get(),
                                  .peers = peers.get(),
                                  .receiving = {.retransmission = true, .transport_cc = true},
                                  .sending = {.retransmission = true}});
    }
    Sessions::Opened publish(const std::string& offer = "chromium-simulcast") {
        auto opened = sessions->publish("demo", sdp::offer_text(offer));
        EXPECT_TRUE(opened) << opened.error().detail;
        return opened ? *opened : Sessions::Opened{};
    }
    // The transport as the data plane was told of it.
    api::Transport transport(ParticipantId id) {
        api::Object object;
        object.ParseFromString(dataplane.objects[{ObjectKey::Kind::transport, id.value}]);
        return object.transport();
    }
    ParticipantId newest() const { return node->directory().participants().rbegin()->first; }
    const WebRtcPeer& peer(ParticipantId id) const {
        return *node->directory().participants().at(id).webrtc;
    }
    static SrtpKeys keys() {
        SrtpKeys keys{.profile = SrtpProfile::aead_aes_128_gcm, .flight_follows = true};
        const std::vector<std::uint8_t> bytes(16, 7);
        keys.inbound_key.assign(bytes);
        keys.outbound_key.assign(bytes);
        keys.inbound_salt.assign(std::span(bytes).first(12));
        keys.outbound_salt.assign(std::span(bytes).first(12));
        return keys;
    }

    std::unique_ptr<Handshakes> handshakes;
    std::unique_ptr<Peers> peers;
    std::unique_ptr<Sessions> sessions;
};

}  // namespace strata::control

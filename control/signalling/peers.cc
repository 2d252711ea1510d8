#include "control/signalling/peers.h"

#include <algorithm>

#include "control/signalling/random_text.h"

// Opening transports: credentials, candidates, what DTLS shall expect.
namespace strata::control {
namespace {

constexpr std::size_t kUfragChars = 8, kPasswordChars = 24, kSessionChars = 22;

void append(Change& total, const Change& change) {
    total.puts.insert(total.puts.end(), change.puts.begin(), change.puts.end());
    total.removes.insert(total.removes.end(), change.removes.begin(), change.removes.end());
}

}  // namespace

Peers::Peers(Environment environment)
    : node_(*environment.node),
      handshakes_(*environment.handshakes),
      after_(std::move(environment.after)) {
    node_.watcher.nominated = [this](ParticipantId id) {
        ++signs_of_life_[id];
        handshakes_.reachable(id);
    };
    node_.watcher.consent_lost = [this](ParticipantId id) { on_consent_lost(id); };
    node_.watcher.removed = [this](ParticipantId id) {
        signs_of_life_.erase(id);
        handshakes_.forget(id);
    };
    node_.watcher.dataplane = [this](std::uint64_t epoch) { on_dataplane(epoch); };
}

Result<void> Peers::take(Result<Change> planned, Change& total) {
    const auto done = node_.carry_out(std::move(planned));
    if (!done) return std::unexpected(done.error());
    append(total, *done);
    return {};
}

IceCredentials Peers::new_credentials(const std::string& remote_ufrag) const {
    const auto in_use = [this](const std::string& ufrag) {
        return std::ranges::any_of(node_.directory().participants(), [&](const auto& entry) {
            const auto& webrtc = entry.second.webrtc;
            return webrtc && std::ranges::find(webrtc->credentials, ufrag,
                                               &IceCredentials::ufrag) != webrtc->credentials.end();
        });
    };
    IceCredentials credentials{.ufrag = random_ice_text(kUfragChars),
                               .password = random_ice_text(kPasswordChars),
                               .remote_ufrag = remote_ufrag};
    while (in_use(credentials.ufrag)) credentials.ufrag = random_ice_text(kUfragChars);
    return credentials;
}

Result<Peers::Opened> Peers::open(std::string_view room, ParticipantSpec spec,
                                  const std::string& remote_ufrag, Change& total) {
    if (node_.session().link_state() != LinkState::synchronised)
        return refuse(ErrorCode::dataplane_unavailable, "", "the data plane is not connected",
                      "try again soon");
    WebRtcPeer& webrtc = spec.webrtc ? *spec.webrtc : spec.webrtc.emplace();
    webrtc.session = random_text(kSessionChars);
    webrtc.credentials = {new_credentials(remote_ufrag)};
    webrtc.own_fingerprint = fingerprint_text(handshakes_.fingerprint());
    const std::string session = webrtc.session, ufrag = webrtc.credentials.front().ufrag;
    if (auto ok = take(node_.directory().plan_participant(room, spec), total); !ok)
        return std::unexpected(ok.error());
    return Opened{std::get<Participant>(total.puts.back()).id, session, ufrag};
}

void Peers::expect(ParticipantId id, const sdp::RemoteTransport& remote) {
    const bool client = remote.own_setup == sdp::Setup::active;
    // An offer of ours may be answered after the certificate has changed.
    handshakes_.expect(id, client ? DtlsRole::client : DtlsRole::server, remote.fingerprint,
                       parse_fingerprint(peer(id)->own_fingerprint));
    // The checks of who was offered may have come before its answer.
    if (client && node_.directory().participants().at(id).latched) handshakes_.reachable(id);
    after_(std::chrono::seconds(node_.limits().value(Limit::session_setup_s)), [this, id] {
        const WebRtcPeer* webrtc = peer(id);
        if (webrtc == nullptr || webrtc->keyed_epoch != 0) return;
        node_.limits().count_hit(Limit::session_setup_s);
        end(id, "no keys within limits.session_setup_s");
    });
}

std::vector<sdp::Candidate> Peers::candidates(ParticipantId id) const {
    std::vector<sdp::Candidate> found;
    const std::uint32_t worker = node_.directory().worker_of(id);
    const auto add = [&](const std::string& host, std::uint16_t port, bool tcp) {
        const std::size_t index = found.size();
        found.push_back({.foundation = std::to_string(index + 1),
                         .tcp = tcp,
                         .priority = sdp::candidate_priority(tcp, index),
                         .address = host,
                         .port = port});
    };
    for (const WorkerAddress& address : node_.session().workers()) {
        if (address.worker != worker) continue;
        for (const std::string& host : address.addresses) add(host, address.udp_port, false);
        for (const Endpoint& at : address.tcp) add(address_text(at), at.port, true);
    }
    return found;
}

sdp::LocalTransport Peers::transport(ParticipantId id) const {
    const WebRtcPeer& own = *peer(id);
    const IceCredentials& credentials = own.credentials.front();
    return {
        .ice_ufrag = credentials.ufrag,
        .ice_pwd = credentials.password,
        .fingerprint = parse_fingerprint(own.own_fingerprint).value_or(handshakes_.fingerprint()),
        .candidates = candidates(id)};
}

}  // namespace strata::control

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "control/dtls/handshakes.h"
#include "control/node/node.h"
#include "control/signalling/sdp/answer.h"
#include "control/signalling/sdp/terms.h"

namespace strata::control {

// The transports of WebRTC endpoints: participants with ICE credentials and a DTLS handshake,
// whoever offered and whatever they carry. Ends those that never get keys, fall silent, or close.
// Main thread.
class Peers {
  public:
    struct Environment {
        Node* node;  // both outlive the peers
        Handshakes* handshakes;
        // Runs a function once, later, on the same thread.
        std::function<void(std::chrono::milliseconds, std::function<void()>)> after;
    };
    struct Opened {
        ParticipantId id;
        std::string session;  // unguessable
        std::string ufrag;    // names the ICE generation
    };
    explicit Peers(Environment environment);

    // A participant of `room` with new credentials; `spec` says what it is besides. `remote_ufrag`
    // is empty where the peer has yet to answer. What was done is added to `total`.
    Result<Opened> open(std::string_view room, ParticipantSpec spec,
                        const std::string& remote_ufrag, Change& total);
    // Our end of it, with its newest credentials. The peer must exist.
    sdp::LocalTransport transport(ParticipantId id) const;
    // Its description is known: DTLS may begin, and has limits.session_setup_s.
    void expect(ParticipantId id, const sdp::RemoteTransport& remote);
    // New credentials; the old ones hold for kRestartWindow longer (C44).
    Result<void> restart(ParticipantId id, const std::string& remote_ufrag);
    // The peer that was offered has answered.
    Result<void> answered(ParticipantId id, const std::string& remote_ufrag);
    void end(ParticipantId id, std::string_view why);
    static constexpr std::chrono::seconds kRestartWindow{30};

    // Nullptr: there is no such participant, or it isn't a WebRTC endpoint.
    const WebRtcPeer* peer(ParticipantId id) const;

    // For Handshakes: puts keys in force.
    void install(ParticipantId id, const SrtpKeys& keys, std::function<void()> in_force);
    void association_ended(ParticipantId id, Handshakes::End end, std::string_view why);

    // Whether it was the member's side that closed this connection; said once.
    bool take_closed(ParticipantId id) { return closed_.erase(id) != 0; }

    // Carries out a plan and adds it to `total`.
    Result<void> take(Result<Change> planned, Change& total);

  private:
    IceCredentials new_credentials(const std::string& remote_ufrag) const;
    std::vector<sdp::Candidate> candidates(ParticipantId id) const;
    void forget_old_credentials(ParticipantId id, const std::string& current);
    void on_consent_lost(ParticipantId id);
    void on_dataplane(std::uint64_t epoch);
    void drop_keyless(std::uint64_t epoch);

    Node& node_;
    Handshakes& handshakes_;
    std::function<void(std::chrono::milliseconds, std::function<void()>)> after_;
    std::map<ParticipantId, std::uint64_t> signs_of_life_;  // nominations seen, of each
    std::set<ParticipantId> closed_;                        // by members, and not yet asked for
};

}  // namespace strata::control

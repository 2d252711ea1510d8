#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "control/dtls/handshakes.h"
#include "control/node/node.h"
#include "control/signalling/sdp/answer.h"
#include "control/signalling/sdp/codec_choice.h"
#include "control/signalling/sdp/description.h"
#include "control/signalling/sdp/terms.h"

namespace strata::control {

// WebRTC endpoints that came with an offer: each is a participant with a transport that has ICE
// credentials and a DTLS handshake, and with the tracks or the subscriptions that its offer comes
// to. Ends those that never get keys, fall silent, or close. Main thread.
class Sessions {
  public:
    struct Environment {
        Node* node;  // all three outlive the sessions
        Handshakes* handshakes;
        sdp::Capabilities receiving, sending;  // of the media path
        // Runs a function once, later, on the same thread.
        std::function<void(std::chrono::milliseconds, std::function<void()>)> after;
    };
    // What a viewer wants to see; all empty: the newest publisher of the room.
    struct Wish {
        std::string track;        // its id
        std::string participant;  // its id or name
        std::string layers;       // empty: the best that the viewer can decode
    };
    struct Opened {
        std::string session;  // last part of its URL
        std::string etag;     // names the ICE generation, with its quotes
        std::string answer;   // SDP
        Change change;        // for Node::when_settled
    };
    struct Restarted {
        std::string etag;
        std::string fragment;  // empty: nothing was restarted
    };

    explicit Sessions(Environment environment);

    Result<Opened> publish(std::string_view room, std::string_view offer);
    Result<Opened> view(std::string_view room, std::string_view offer, const Wish& wish);
    // `if_match` is the header's value. New credentials in the fragment are an ICE restart; the old
    // ones hold for kRestartWindow longer (C44).
    Result<Restarted> patch(WebRtcPeer::Kind kind, std::string_view room, std::string_view session,
                            std::string_view if_match, std::string_view fragment);
    Result<Change> end(WebRtcPeer::Kind kind, std::string_view room, std::string_view session);
    static constexpr std::chrono::seconds kRestartWindow{30};

    // For Handshakes: puts keys in force.
    void install(ParticipantId id, const SrtpKeys& keys, std::function<void()> in_force);
    void association_ended(ParticipantId id, Handshakes::End end, std::string_view why);

  private:
    struct Opening {
        sdp::Description offer;
        sdp::RemoteTransport remote;
        ParticipantId participant;
        IceCredentials credentials;
        std::string session;
        Change change;
        std::map<std::size_t, sdp::Media> accepted;
    };

    Result<sdp::Description> read_offer(std::string_view text);
    Result<Opening> open(std::string_view room, WebRtcPeer::Kind kind,
                         const sdp::Description& offer, const std::vector<std::size_t>& accepted);
    Opened finish(Opening opening);
    void undo(ParticipantId id, const char* why);
    Result<void> take(Result<Change> planned, Change& total);
    Result<std::vector<const Track*>> wanted_tracks(std::string_view room, const Wish& wish) const;
    Result<const Participant*> find(WebRtcPeer::Kind kind, std::string_view room,
                                    std::string_view session) const;
    std::vector<sdp::Candidate> candidates(ParticipantId id) const;
    sdp::LocalTransport local_transport(ParticipantId id, const IceCredentials& credentials) const;
    IceCredentials new_credentials(const std::string& remote_ufrag) const;
    Restarted restart(const Participant& participant, const std::string& remote_ufrag);
    void forget_old_credentials(ParticipantId id, const std::string& current);
    void on_consent_lost(ParticipantId id);
    void on_dataplane(std::uint64_t epoch);
    void drop_keyless(std::uint64_t epoch);
    const WebRtcPeer* peer(ParticipantId id) const;

    Node& node_;
    Handshakes& handshakes_;
    sdp::Capabilities receiving_, sending_;
    std::function<void(std::chrono::milliseconds, std::function<void()>)> after_;
    std::map<ParticipantId, std::uint64_t> signs_of_life_;  // nominations seen, of each
};

}  // namespace strata::control

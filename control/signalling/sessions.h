#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/signalling/peers.h"
#include "control/signalling/sdp/answer.h"
#include "control/signalling/sdp/codec_choice.h"
#include "control/signalling/sdp/description.h"

namespace strata::control {

// WebRTC endpoints that came with one offer, by WHIP or WHEP: each is a participant with the tracks
// or the subscriptions that its offer comes to. Main thread.
class Sessions {
  public:
    struct Environment {
        Node* node;  // both outlive the sessions
        Peers* peers;
        sdp::Capabilities receiving, sending;  // of the media path
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
    // `if_match` is the header's value. New credentials in the fragment are an ICE restart.
    Result<Restarted> patch(WebRtcPeer::Kind kind, std::string_view room, std::string_view session,
                            std::string_view if_match, std::string_view fragment);
    Result<Change> end(WebRtcPeer::Kind kind, std::string_view room, std::string_view session);

  private:
    struct Opening {
        sdp::Description offer;
        sdp::RemoteTransport remote;
        Peers::Opened peer;
        Change change;
        std::map<std::size_t, sdp::Media> accepted;
    };

    Result<Opening> open(std::string_view room, WebRtcPeer::Kind kind,
                         const sdp::Description& offer, const std::vector<std::size_t>& accepted);
    Opened finish(Opening opening);
    Result<std::vector<const Track*>> wanted_tracks(std::string_view room, const Wish& wish) const;
    Result<const Participant*> find(WebRtcPeer::Kind kind, std::string_view room,
                                    std::string_view session) const;
    Result<Restarted> restart(ParticipantId id, const std::string& remote_ufrag);

    Node& node_;
    Peers& peers_;
    sdp::Capabilities receiving_, sending_;
};

}  // namespace strata::control

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/api/web_socket.h"
#include "control/room/ids.h"
#include "relay/svc/layers.h"

namespace strata::control::meeting {

// What the data plane gave of a track when it was last looked at.
struct Given {
    TrackId track;
    relay::LayerTarget layers;
    friend bool operator==(const Given&, const Given&) = default;
};

// One WebSocket: who is at its other end, and what was said to them so far.
struct Guest {
    WebSocketPtr socket;
    std::string room;  // of the path
    HttpRequest::Peer peer = HttpRequest::Peer::remote;
    std::string origin;

    std::optional<MemberId> member;  // once it has joined
    bool closing = false;            // nothing is read any more

    // Messages that it may send at once: fills at limits.meeting_messages_per_s up to twice that.
    double tokens = 0;
    std::chrono::steady_clock::time_point tokens_at;
    std::uint32_t refused = 0;  // messages beyond it, since it was half full

    // What it knows of, so that it can be told of changes.
    std::optional<ParticipantId> leg;                   // the receiving one
    std::map<std::string, ParticipantId> publications;  // its own, by name
    std::map<SubscriptionId, Given> given;              // in its video slots
    std::vector<std::string> slots;                     // as slot_texts
    std::string unshown;                                // as unshown_text; empty: nothing was told
};
using GuestPtr = std::shared_ptr<Guest>;

}  // namespace strata::control::meeting

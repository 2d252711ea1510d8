#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/worker/objects.h"

namespace strata::dataplane {

class Observer;

// What the main thread tells a worker. Objects come finished and belong to the worker from then on,
// until the answer to a remove or replace gives them back.
struct Command {
    enum class Kind : std::uint8_t {
        add_transport,
        remove_transport,  // its tracks and subscriptions have been removed before
        set_address,       // transport, address, local
        set_ice,           // transport, ice; the answer has what was in force before
        set_security,      // transport, secure (null: no keys); the answer has what was in force
        send_datagram,     // transport, datagram; the answer gives it back
        add_track,
        remove_track,   // its subscriptions have been removed before
        open_branch,    // track, place: another worker is handed its packets from now on
        close_branch,   // track, place: and no longer
        replace_track,  // track, relay_track: with more capacity; the answer has the old one
        add_subscription,
        remove_subscription,
        remove_stream,  // transport, stream: no subscription has used it for long
        set_target,     // subscription, target
        set_observer,   // observer (null: nobody looks on); the answer has the one before
        set_marks,      // marks, of one of transport, track and subscription
    };
    Kind kind = Kind::add_transport;
    Transport* transport = nullptr;
    PublishedTrack* track = nullptr;
    Subscription* subscription = nullptr;
    OutgoingStream* stream = nullptr;
    relay::Track* relay_track = nullptr;
    IceChange* ice = nullptr;
    SecureTransport* secure = nullptr;
    std::vector<std::uint8_t>* datagram = nullptr;
    Observer* observer = nullptr;
    std::uint8_t marks = 0;  // bit i: observation i is about it
    Endpoint address{};      // the peer's
    Endpoint local{};        // ours towards it
    relay::LayerTarget target{};
    TrackPlace place{};
};

// What a worker tells by itself. Lost ones are counted (events_lost).
struct Notice {
    enum class Kind : std::uint8_t {
        transport_latched,
        ssrc_learned,
        transport_nominated,  // media goes to `endpoint` from now on (C43)
        consent_lost,         // nothing is sent until the next check (C42)
    };
    Kind kind = Kind::transport_latched;
    std::uint64_t id = 0;  // of the transport or track
    Endpoint endpoint{};
    std::uint32_t ssrc = 0;
    std::uint8_t encoding = 0;
    bool rtx = false;
    bool tcp = false;
};

}  // namespace strata::dataplane

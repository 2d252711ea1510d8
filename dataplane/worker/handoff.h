#pragma once

#include <cstdint>

#include "dataplane/worker/spsc_ring.h"
#include "relay/codec/packet_info.h"
#include "relay/rtp/types.h"
#include "relay/svc/track.h"

struct rte_mbuf;

namespace strata::dataplane {

// What one worker tells another of a track that both have receivers of.
struct Handoff {
    enum class Kind : std::uint8_t {
        packet,     // to a branch: one of the track's packets; the reference to it comes along
        clocks,     // to a branch: what the publisher's reports have set
        key_frame,  // to the track: a branch's receivers need one
    };
    Kind kind = Kind::packet;
    std::uint8_t encoding = 0;
    // The place of the branch or track on the worker that is told.
    std::uint32_t index = 0, generation = 0;
    rte_mbuf* packet = nullptr;
    relay::TimeUs arrived_us = 0;
    relay::PacketInfo info;  // parsed once, where it arrived
    relay::Track::Clocks clocks;
};

using HandoffRing = SpscRing<Handoff>;

}  // namespace strata::dataplane

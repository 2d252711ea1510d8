#pragma once

#include <cstdint>

#include "dataplane/worker/outgoing_stream.h"
#include "relay/ice/rate_limit.h"
#include "relay/recovery/repeat_limit.h"

namespace strata::dataplane {

struct RepairLimits {
    std::uint8_t repeats = 4;             // of one packet
    std::uint32_t packets_per_s = 1'000;  // all together
};

// How one receiver is sent packets again: on its RTX SSRC (RFC 4588), or, where none was
// negotiated, under their old numbers. Built on the main thread, then its worker's.
struct Repair {
    explicit Repair(const RepairLimits& limits)
        : rate(limits.packets_per_s), most_repeats(limits.repeats) {}

    OutgoingStream* rtx = nullptr;      // constant, null: none
    std::uint8_t rtx_payload_type = 0;  // constant
    // Packets are kept for it: with RTX always, else once it has asked for one.
    bool expected = false;
    relay::RepeatLimit limit;
    relay::RateLimit rate;
    std::uint8_t most_repeats;
};

}  // namespace strata::dataplane

#pragma once

#include <cstdint>

#include "dataplane/worker/checkpoint.h"
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

    std::uint32_t rtx_ssrc = 0;         // constant, 0: none
    std::uint8_t rtx_payload_type = 0;  // constant
    std::uint64_t next_sequence = 0;    // of RTX, extended: the bits above 16 are SRTP's ROC
    std::uint64_t sequence_kept = 0;    // as of the last checkpoint
    // Packets are kept for it: with RTX always, else once it has asked for one.
    bool expected = false;
    bool resumed = false;                    // constant: it goes on from a checkpoint
    CheckpointRecord* checkpoint = nullptr;  // constant; null: nothing outlives the process
    relay::RepeatLimit limit;
    relay::RateLimit rate;
    std::uint8_t most_repeats;
    std::uint64_t asked = 0;  // packets that it asked for
    std::uint64_t sent = 0;   // that it was sent again, empty ones included
};

}  // namespace strata::dataplane

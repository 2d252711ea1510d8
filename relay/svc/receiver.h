#pragma once

#include <array>
#include <cstdint>

#include "relay/rtp/types.h"
#include "relay/svc/continuation.h"
#include "relay/svc/layer_id.h"
#include "relay/svc/receiver_slot.h"
#include "relay/svc/selector.h"

namespace strata::relay {

using ReceiverIndex = std::uint32_t;
constexpr ReceiverIndex kNoReceiver = 0xffffffff;

// One stay in a layer group: numbers n in [begin, end) of the encoding went out under the group's
// numbers and these offsets (design.md: the short list of switches).
struct Stay {
    std::uint16_t group = 0xffff;
    std::uint32_t generation = 0;  // of the group's place: it may have been given to another since
    std::uint8_t encoding = 0;
    std::int64_t begin = 0, end = 0;
    // Outgoing: the number of its first packet, and the one behind its last. What lies between the
    // end of a stay and the next one's beginning was skipped (C20).
    std::uint16_t first_sequence = 0, next_sequence = 0;
    std::uint32_t start = 0;  // Receiver::starts at its time
    ReceiverOffsets offsets;
};
constexpr std::size_t kMaxStays = 8;

// What was sent, to one receiver or to each of some.
struct SentCount {
    std::uint64_t bytes = 0;       // of UDP payload
    std::uint32_t octets_low = 0;  // of RTP payload, modulo 2^32 (RFC 3550 section 6.4.1)
    std::uint32_t packets = 0;     // modulo 2^32

    void add(const SentCount& other) {
        bytes += other.bytes;
        octets_low += other.octets_low;
        packets += other.packets;
    }
    void subtract(const SentCount& other) {
        bytes -= other.bytes;
        octets_low -= other.octets_low;
        packets -= other.packets;
    }
};

// What is cold of a receiver.
struct Receiver {
    ReceiverHandle handle = 0;
    std::uint32_t slot = 0;
    std::uint16_t group = 0xffff;
    std::uint8_t profile = 0;
    CohortIndex cohort = 0;
    // Modulo its range, less what its partition had sent when it came there: see ReceiverTable.
    SentCount sent;
    std::uint32_t switches = 0;
    std::uint32_t first_timestamp = 0;
    bool key_frame_asked = false;
    TimeUs key_frame_asked_at = 0;     // C33
    std::int64_t since = 0;            // n at which it came to its group
    std::uint16_t first_sequence = 0;  // outgoing number there
    std::uint32_t starts = 0;          // how often it began with nothing known
    bool began_with_skip = false;      // the first time, behind another track's unfinished frame
    Continuation last;
    std::array<Stay, kMaxStays> stays{};
    std::uint8_t next_stay = 0;  // ring; the newest is the one before
};

}  // namespace strata::relay

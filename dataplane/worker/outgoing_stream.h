#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/worker/checkpoint.h"
#include "dataplane/worker/secure_transport.h"
#include "relay/svc/continuation.h"

namespace strata::dataplane {

// One SSRC towards one receiving peer, for as long as the peer's transport lives. Its numbers are
// its own: subscriptions come and go, their tracks, publishers and codecs change, and what it sends
// next always follows what it sent last (C10, C21, C25). Made on the main thread with the first
// subscription that uses it; otherwise its transport's worker's, except for the fields marked
// constant.
struct OutgoingStream {
    SecureLeg leg;  // of a secure transport

    std::uint32_t ssrc = 0;  // constant
    // What its next subscription's media goes on from, or, until something was sent, begins with.
    relay::Continuation last;
    // The number of its next packet, extended: the bits above 16 are SRTP's rollover counter. Exact
    // for retransmissions and while nobody uses it, else as of the last checkpoint.
    std::uint64_t next_sequence = 0;

    // C53: as of the last checkpoint.
    std::uint64_t sequence_kept = 0;
    std::uint32_t packets_kept = 0;
    CheckpointRecord* checkpoint = nullptr;  // constant; null: nothing outlives the process
    bool resumed = false;                    // constant: it went on from another process's
    bool refused = false;                    // constant: what another process left can't be used
    // C25: numbers may have been used under the keys there are; nothing is sent until new ones.
    bool in_doubt = false;
    bool known = false;   // the worker has had it
    bool in_use = false;  // a subscription's

    // Middle 32 bits of the NTP time of the last sender reports, and when they left: for LSR (C31).
    struct SentReport {
        std::uint32_t ntp_middle = 0;
        relay::TimeUs sent_us = 0;
    };
    std::array<SentReport, 4> sent_reports{};
    // Of all its subscriptions.
    std::uint32_t reports_sent = 0;
    std::uint32_t key_frame_requests = 0;
    std::uint64_t packets_asked = 0;     // that its receiver asked for again
    std::uint64_t packets_repeated = 0;  // that it was sent again, empty ones included

    std::uint32_t users = 0;         // main thread: subscriptions that a worker has, or may have
    OutgoingStream* next = nullptr;  // of the same transport
};

// Of one transport: media and retransmissions of as many slots as a browser can show, and of SSRCs
// that were given up. What is more takes the place of one that isn't used any longer, or with SRTP,
// where numbers can't be forgotten under the same keys, is refused.
constexpr std::size_t kMaxOutgoingStreams = 1'280;

}  // namespace strata::dataplane

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "dataplane/port/pools.h"
#include "dataplane/port/transit_meter.h"
#include "dataplane/worker/doorbell.h"
#include "dataplane/worker/fanout.h"
#include "dataplane/worker/kept_packets.h"
#include "relay/rtp/types.h"
#include "relay/srtp/framing.h"
#include "relay/svc/track.h"

namespace strata::dataplane {

// What a worker is made with.
struct WorkerConfig {
    std::uint32_t id = 0;
    std::uint16_t queue = 0;  // of each port
    std::uint32_t max_transports = 16'384;
    std::uint32_t max_ssrcs = 65'536;
    std::uint32_t max_subscriptions = 65'536;
    std::uint32_t max_tracks = 32'768;       // places, those of branches and of what leaves too
    std::uint32_t handoff_ring = 2'048;      // packets on their way from one other worker
    std::uint32_t max_waiting_by_name = 64;  // tracks; each costs a look at stray packets
    // Rung at the end of a turn in which a command was done, or something is to be told control.
    // Outlives the worker. Null: nobody waits for that.
    Doorbell* main_bell = nullptr;
    // The time stamp counter, for rx_tx_ns; null: not measured, as in virtual time.
    TransitMeter::ReadTsc read_tsc = nullptr;
    std::uint64_t tsc_hz = 0;
    std::uint64_t secret = 1;                      // keys the hash tables; random, or from a seed
    std::uint32_t relay_ssrc = 1;                  // sender SSRC of the relay's own RTCP
    relay::TimeUs receiver_report_us = 1'000'000;  // to publishers (C54)
    relay::TimeUs transport_feedback_us = 80'000;  // transport-wide, to publishers (C54)
    relay::TimeUs sender_report_us = 1'000'000;    // to receivers (C31)
    std::uint32_t max_rtcp_bytes = 1'500;
    std::uint32_t track_outputs = relay::kMaxOutputs;  // (group, profile) pairs of one packet
    std::uint32_t commands_per_turn = 64;
    std::uint32_t timers_per_turn = 64;
    std::uint32_t command_ring = 4'096;
    std::uint32_t punt_ring_bytes = 262'144;
    std::uint32_t stun_errors_per_s = 1'000;  // answered with an error
    std::uint32_t nack_packets = 512;         // of one NACK that are looked at
    KeptPacketsConfig history;
    FanOutConfig fan_out;
};

constexpr std::uint16_t kMaxBurst = 64;

// A turn ends in bounded time, however many a room has and whatever a publisher loses: timers,
// other rooms and the watchdog wait for it. A packet through the kernel takes 1 to 3 µs.
constexpr std::size_t kOutputsPerBurst = 65'536;       // or those of one packet
constexpr std::size_t kClosingPacketsPerTurn = 8'192;  // empty ones that close holes (C17)
constexpr relay::TimeUs kAudienceRoundUs = 4'000'000;  // so old the largest audience may be

// Packets to take at once, at most `burst`, each of which may go to `audience` receivers.
constexpr std::uint16_t burst_for(std::size_t audience, std::uint16_t burst) {
    const std::size_t most = kOutputsPerBurst / std::max<std::size_t>(audience, 1);
    return static_cast<std::uint16_t>(
        std::clamp<std::size_t>(most, 1, std::max<std::uint16_t>(burst, 1)));
}
constexpr std::size_t kMaxPorts = 9;  // with that for TCP

// relay::Track::on_timer and what else a track has to do from time to time: while it misses packets
// or waits for a key frame, while it has no such need, and without packets for a second.
constexpr relay::TimeUs kTrackTimerUs = 10'000, kCalmTrackTimerUs = 40'000;
constexpr relay::TimeUs kIdleTrackTimerUs = 100'000;
constexpr relay::TimeUs kStatisticsUs = 250'000;  // objects' values in the segment

// An RTCP compound of the relay's own has room for what SRTCP adds.
constexpr std::size_t kRtcpBytes =
    kHeaderPayloadBytes - relay::rtcp_overhead(relay::SrtpProfile::aead_aes_128_gcm);

}  // namespace strata::dataplane

#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

// What is counted, by name. Each counter has one writer (the worker it belongs to) and any number
// of readers; C: only grows, G: a gauge. Readers add counters of several workers up, never gauges'
// names.
namespace strata::api {

// A 64-bit counter with a single writer: adding is a plain load and store, no locked instruction.
class Counter {
  public:
    void add(std::uint64_t n = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
    std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};
static_assert(sizeof(Counter) == 8 && std::atomic<std::uint64_t>::is_always_lock_free);

// Two equations hold at the end of every turn:
//   rx_packets + handed_in = fanned_out + handed_only + consumed + punted + sum(RxDrop)
//   selected               = sent + queued + sum(TxDrop)
// and over all workers: sum(handed_out) = sum(handed_in) + what is in the rings between them.
enum class WorkerCounter : std::uint32_t {
    rx_packets,              // C: UDP payloads taken from the port
    rx_bytes,                // C: their bytes
    handed_in,               // C: packets that other workers received for receivers here
    fanned_out,              // C: inputs that went to at least one receiver
    handed_only,             // C: inputs that no receiver here took, but other workers were handed
    consumed,                // C: inputs that end here and are of use: RTCP
    punted,                  // C: inputs handed to the control process
    selected,                // C: output packets made, one per receiver; RTCP too
    sent,                    // C: outputs that the port took
    sent_bytes,              // C: their UDP payload bytes
    queued,                  // G: outputs that wait for the port
    copied_linearised,       // C: received chains that were made linear
    copied_small,            // C: outputs whose payload was copied since it is tiny
    copied_no_chain,         // C: outputs copied since the port can't send chains
    copied_encrypted,        // C: outputs encrypted for their receiver alone
    srtp_refused,            // C: SRTCP not sent, or an SSRC not keyed: no keys, or no index left
    copied_kernel,           // C: outputs that leave through the kernel
    rtcp_in,                 // C: RTCP compounds understood
    rtcp_out,                // C: RTCP compounds made
    rtcp_junk,               // C: parts of compounds that were skipped (C34)
    key_frame_requests_in,   // C: PLI and FIR from receivers
    key_frame_requests_out,  // C: PLI sent to publishers
    key_frame_requests_passed,  // C: of receivers here, passed to the worker that has the publisher
    handed_out,                 // C: packets handed to other workers, once for each of them
    handoff_full,               // C: not handed to a worker: dataplane.handoff_ring_packets wait
    nacks_out,                  // C: packets that publishers were asked for again
    retransmissions_in,         // C: RTX packets that became the packet they repeat
    // Packets that receivers asked for again: nacks_in is the sum of the others that begin so, but
    // for nacks_ignored, and of retransmissions_out and retransmissions_empty.
    nacks_in,                 // C
    nacks_unknown,            // C: never sent, or not kept any longer
    nacks_missing,            // C: their publisher has not sent them (again) yet
    nacks_obsolete,           // C: older than the last key frame (C27)
    nacks_repeated,           // C: sent again less than a round trip ago, or too often (C27)
    nacks_limited,            // C: more than limits.retransmissions_per_s
    nacks_unanswerable,       // C: encrypted, and without an RTX SSRC (C25); or nothing may be sent
    nacks_ignored,            // C: beyond limits.nack_packets of one message; not in nacks_in
    retransmissions_out,      // C: packets sent again
    retransmissions_empty,    // C: empty ones in place of numbers that nothing is behind (C17, C19)
    transport_feedback_in,    // C: transport-wide feedback of receivers, messages
    transport_feedback_lost,  // C: packets that it reports lost
    history_packets,          // G: packets kept to be sent again
    history_copied,           // C: small ones, which are copied
    history_displaced,        // C: gave way to newer ones before dataplane.history_ms
    history_relinquished,     // C: gave way since buffers for receiving ran short
    history_refused,          // C: not kept, no buffer for a copy
    transports_latched,       // C
    ssrcs_learned,            // C
    stun_answered,            // C: connectivity checks answered with success
    stun_errors_sent,         // C: and with an error
    stun_errors_unsent,       // C: without an answer, since their next hop isn't known
    ice_tuples,               // C: tuples validated
    ice_nominations,          // C: media moved to another tuple
    ice_consent_lost,         // C: transports whose peer stopped consenting (C42)
    peers_slower,             // C: TCP peers whose queue began to leave out a layer (C40)
    peers_faster,             // C: and let one in again
    punts_down,               // C: datagrams of the control process sent
    punts_down_lost,          // C: those that found no validated tuple
    flights_repeated,         // C: those to peers that had been sent keyed media before (C45)
    ssrcs_refused,            // C: a table was full, or the SSRC belongs to another stream (C38)
    streams_resumed,          // C: outgoing streams that went on from a checkpoint (C53)
    checkpoints_refused,      // C: checkpoints that nothing can go on from
    outputs_refused,          // C: outputs of a packet beyond limits.track_outputs
    extensions_ignored,       // C: header extension elements of unknown ids, or too many (C37)
    observed,                 // C: records written for captures and traces
    commands,                 // C: commands applied
    events_lost,              // C: events that found the ring to the main thread full
    turns_busy,               // C: turns that moved a packet, ran a timer or applied a command
    turns_idle,               // C: turns that found nothing to do
    busy_cycles,              // C: of the time stamp counter, in busy turns
    idle_cycles,              // C: in idle turns
    sleep_cycles,             // C: in idle waits
    sleeps,                   // C: idle waits (adaptive)
    preemptions,              // C: gaps of more than 50 µs between two turns that didn't sleep
    preempted_us,             // C: their sum
    turn_overruns,            // C: turns that took more than 1 ms
    path_mtus_followed,       // C: reports of routers that a peer's path takes less than its port
    path_mtus_refused,        // C: of flows that aren't here, or without room to remember them
    peers_without_route,      // G: that no route leads to now
    turn_ns_max,              // G: the longest turn
    rx_tx_ns_max,             // G: the longest way of an output through the worker
    timer_us_late_max,        // G: worst lateness of the timers, µs
    kCount
};

// Why an input went nowhere: exactly one reason per packet.
enum class RxDrop : std::uint32_t {
    empty,                   // no payload
    not_ours,                // first byte outside of RFC 7983's ranges
    stun_malformed,          // not RFC 8489, or its fingerprint is wrong
    stun_unexpected,         // no request, or one without username or integrity
    stun_unknown_user,       // no session has this username
    stun_bad_integrity,      // not signed with the session's password
    stun_unknown_attribute,  // demands something that isn't known here
    stun_role_conflict,      // the peer thinks that it is the controlled agent
    stun_replayed,           // the same request came from elsewhere before
    stun_rate_limited,       // more checks than limits.ice_checks_per_s
    stun_too_many_tuples,    // more addresses of one peer than limits.ice_tuples
    dtls_refused,            // the transport has neither ICE nor security, or it is too long
    unvalidated,             // DTLS or media from a tuple that no check has validated (C42)
    punt_rate_limited,       // more DTLS of one transport than limits.punts_per_s
    punt_full,               // more DTLS than the main thread takes: limits.punt_ring_bytes
    unknown_transport,       // nobody was announced at this tuple
    unlatched,               // several transports wait for a first packet that is named so
    no_keys,                 // SRTP of a transport whose keys haven't come yet
    srtp_malformed,          // too short for SRTP, or no RTP
    srtp_auth,               // its authentication failed: wrong key, damaged, forged, with an MKI
    srtp_replay,             // accepted before, or behind the replay window (C47)
    srtp_ssrcs,              // authentic, of more SSRCs than limits.srtp_ssrcs
    malformed_rtp,
    malformed_rtcp,        // no part of the compound could be read
    unknown_ssrc,          // no track of this transport has it, and no rid names it (C38)
    unknown_payload_type,  // the track doesn't send this payload type
    retransmission,        // RTX: recognised, not forwarded as media
    branch_gone,           // handed over by another worker for receivers that have left
    no_receiver,           // from here on as relay::MediaDrop
    layer_not_wanted,
    waiting_for_key,
    duplicate,
    too_old,
    no_structure,
    padding_only,
    malformed_descriptor,
    kCount
};

// Why an output went nowhere.
enum class TxDrop : std::uint32_t {
    tx_full,          // the queue for this port is full (packets)
    tx_late,          // it waited longer than the configuration allows
    no_header_mbuf,   // the header pool is empty
    no_payload_mbuf,  // the pool of indirect mbufs is empty
    too_large,        // more than its port sends in one datagram, or than its receiver's MTU
    port_error,       // the port refused it for good
    unresolved,       // waited in vain for the next hop's address
    unkeyed,          // to be encrypted, and there are no keys
    index_used,       // to be encrypted under an index that was used before (C25)
    path_mtu,         // larger than what a router says that the path takes
    no_route,         // no route leads to the peer
    kCount
};

// Values of one object's slot. Not all mean something for every kind.
enum class ObjectValue : std::uint32_t {
    packets,             // C: media packets in (track, encoding, transport) or out (subscription)
    bytes,               // C: their UDP payload bytes
    ssrc,                // G: incoming (encoding) or outgoing (subscription); 0: not learned yet
    rtx_ssrc,            // G
    lost,                // C: cumulative loss, RFC 3550 section 6.4.1; as the receiver reports it
    fraction_lost,       // G: of the last report interval, /256
    jitter_us,           // G: interarrival jitter
    rtt_us,              // G: from LSR and DLSR; 0: unknown
    duplicates,          // C
    rtx_packets,         // C: RTX packets recognised (track) or packets sent again (subscription)
    nacks,               // C: packets asked for again, by us (encoding) or by it (subscription)
    key_frame_requests,  // C: sent (track, encoding) or received (subscription)
    key_frames,          // C
    target,              // G: layers asked for, see pack_layers
    current,             // G: layers forwarded, see pack_layers
    forwarding,          // G: 1 when it is being given media
    switches,            // C: moves between layer groups
    receivers,           // G: of a track or a branch, on its worker
    latched,             // G: 1 when the transport's remote address is known
    last_packet_us,      // G: worker time of the newest packet
    sender_reports,      // C
    voiced_packets,      // C: of an audio track, those in which somebody speaks (RFC 6464)
    no_route,            // G: 1 when no route leads to the transport's remote address
    kCount
};

// encoding, spatial, temporal and "paused" in one value.
constexpr std::uint64_t pack_layers(unsigned encoding, unsigned spatial, unsigned temporal,
                                    bool paused) {
    return encoding << 16 | spatial << 8 | temporal | (paused ? 1u << 31 : 0u);
}
struct PackedLayers {
    std::uint8_t encoding, spatial, temporal;
    bool paused;
};
constexpr PackedLayers unpack_layers(std::uint64_t value) {
    return {static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
            static_cast<std::uint8_t>(value), (value >> 31 & 1) != 0};
}

// Of the TCP connections of all workers, kept by the thread that serves them. Every connection ends
// in one of refused_…, tls_… and closed_…; every datagram from a worker is sent, dropped as tx_…,
// or queued.
enum class TcpCounter : std::uint32_t {
    accepted,             // C: connections made by the kernel
    refused_connections,  // C: closed at once, more than limits.tcp_connections
    refused_per_address,  // C: the same, limits.tcp_connections_per_address
    refused_undecided,    // C: the same, limits.tcp_undecided
    refused_per_second,   // C: the same, limits.tcp_accepts_per_s
    tls_handed_over,      // C: given to the control process
    tls_refused,          // C: closed, the control process isn't there or takes no more
    closed_unknown,  // C: neither TLS nor STUN, or no decision within limits.tcp_undecided_bytes
    closed_unknown_user,  // C: STUN for nobody who is here
    closed_undecided,     // C: no decision within limits.tcp_undecided_ms
    closed_unclaimed,     // C: no session validated it within that time, or it went
    closed_by_peer,       // C
    closed_broken,        // C: a frame longer than a datagram
    closed_error,         // C: the kernel gave it up
    closed_stopping,      // C: the data plane ended
    connections,          // G: now, undecided ones too
    undecided,            // G
    rx_datagrams,         // C: given to workers
    rx_bytes,             // C: their bytes
    rx_full,              // C: datagrams lost, a worker's ring was full
    rx_no_mbuf,           // C: datagrams lost, the pool was empty
    rx_no_buffer,         // C: the kernel had no buffer to receive into, and tried again
    tx_datagrams,         // C: given to the kernel
    tx_bytes,             // C: their bytes, with framing
    tx_queued,            // G: datagrams that wait for slow peers
    tx_gone,              // C: for connections that ended meanwhile
    tx_full_audio,        // C: the queue had no room (limits.tcp_queue_bytes), by what was lost
    tx_full_base,
    tx_full_upper,
    tx_late_audio,  // C: waited too long (limits.tcp_queue_ms)
    tx_late_base,
    tx_late_upper,
    tx_held_back_base,  // C: of layers that were too much for the connection (C40)
    tx_held_back_upper,
    kCount
};
constexpr std::size_t kTcpCounters = static_cast<std::size_t>(TcpCounter::kCount);

// branch: of a track, on a worker that serves receivers of it without having its publisher.
enum class StatisticsKind : std::uint32_t {
    none = 0,
    transport,
    track,
    subscription,
    encoding,
    branch
};

// Snake-case names, as they appear in the segment, in telemetry and in the API.
const char* name(WorkerCounter counter);
const char* name(RxDrop reason);
const char* name(TxDrop reason);
const char* name(ObjectValue value);
const char* name(TcpCounter counter);
const char* name(StatisticsKind kind);

// Log-linear histogram: four buckets per power of two, 0..2^32 and above in the last one.
constexpr std::size_t kHistogramBuckets = 128;
constexpr std::size_t histogram_bucket(std::uint64_t value) {
    if (value < 4) return static_cast<std::size_t>(value);
    const auto exponent = static_cast<std::size_t>(std::bit_width(value)) - 3;  // 0 for 4..7
    const std::size_t index = 4 + exponent * 4 + ((value >> exponent) & 3);
    return index < kHistogramBuckets ? index : kHistogramBuckets - 1;
}
// Lowest value that falls into `bucket`.
constexpr std::uint64_t histogram_lower_bound(std::size_t bucket) {
    if (bucket < 4) return bucket;
    const std::size_t exponent = (bucket - 4) / 4;
    return (std::uint64_t{4} + (bucket - 4) % 4) << exponent;
}
using Histogram = std::array<Counter, kHistogramBuckets>;

}  // namespace strata::api

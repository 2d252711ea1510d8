#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/api/statistics_segment.h"
#include "dataplane/port/flow_key.h"
#include "dataplane/port/port.h"
#include "dataplane/worker/checkpoint.h"
#include "dataplane/worker/ice_transport.h"
#include "dataplane/worker/outgoing_stream.h"
#include "dataplane/worker/repair.h"
#include "dataplane/worker/secure_transport.h"
#include "dataplane/worker/stream_ref.h"
#include "dataplane/worker/timer_wheel.h"
#include "relay/bandwidth/feedback_recorder.h"
#include "relay/recovery/missing_packets.h"
#include "relay/recovery/packet_history.h"
#include "relay/rtp/packet.h"
#include "relay/rtp/reception_statistics.h"
#include "relay/rtp/voice_detector.h"
#include "relay/svc/track.h"

// What a worker works on. Built and destroyed on the main thread; from the command that hands an
// object over until the one that takes it back, only the worker touches it (except for the fields
// marked constant, which both may read).
namespace strata::dataplane {

constexpr std::size_t kMaxTracksPerTransport = 32;

// Statistics slot that takes what an object without one writes.
struct SlotRef {
    api::ObjectSlot* slot = nullptr;
    void set(api::ObjectValue value, std::uint64_t to) const {  // worker
        if (slot) (*slot)[value].set(to);
    }
};

enum class TimerKind : std::uint8_t {
    track,
    transport_report,
    subscription_report,
    ice,
    transport_feedback
};

struct PublishedTrack;
struct Subscription;

// Where a track, or a branch of one, is found by another worker: what refers to one that has gone
// finds nothing, however long it was on its way.
struct TrackPlace {
    std::uint32_t worker = 0;
    std::uint32_t index = 0;
    std::uint32_t generation = 0;  // never used twice; 0: nowhere
    friend bool operator==(const TrackPlace&, const TrackPlace&) = default;
};

// One peer's UDP flow. What each packet that it sends touches is in the first two cache lines, of
// SRTP in the first three.
struct alignas(64) Transport {
    FlowKey flow{};
    std::uint32_t index = 0;         // constant: its part of the keys in the SSRC table
    std::uint16_t mtu_bytes = 1500;  // constant
    // Which of the worker's ports it sends by: constant, but an ICE agent's follows the nomination.
    std::uint8_t port = 0;
    bool secure = false;       // constant: nothing but SRTP, SRTCP, STUN and DTLS passes
    bool has_address = false;  // given by command or latched; false: waits for its first packet
    bool latched = false;      // the address came from a packet
    bool has_link = false;
    bool several_tuples = false;  // it matters from which of a peer's tuples a packet came
    // Constant; a WebRTC peer: its tuples are validated by STUN and nothing is latched. Null:
    // others.
    std::unique_ptr<IceTransport> ice;
    // Of one of the tracks; null: no track of it has transport-wide numbers.
    relay::FeedbackRecorder* feedback = nullptr;

    std::uint64_t packets = 0, bytes = 0;
    RecentStreams recent;

    std::unique_ptr<SecureTransport> srtp;   // its keys; null: they haven't come, nothing passes
    std::uint64_t id = 0;                    // constant
    std::uint32_t srtcp_index = 0;           // next to be sent, of all SSRCs together; 31 bits
    std::uint16_t transport_sequence = 0;    // next transport-wide number that it is sent (C29)
    std::uint8_t marks = 0;                  // bit i: observation i is about it, see Observer
    CheckpointRecord* checkpoint = nullptr;  // constant; null: nothing outlives the process
    relay::RateLimit punt_rate{0};           // of its DTLS datagrams

    Link link{};
    bool no_route = false;  // no route leads to where it is: what is sent to it is dropped
    std::uint8_t track_count = 0;
    std::array<PublishedTrack*, kMaxTracksPerTransport> tracks{};
    Subscription* subscriptions = nullptr;  // list of those it receives
    OutgoingStream* outgoing = nullptr;     // list of the SSRCs that it was ever sent
    relay::SenderClock sender_clock;  // of the tracks it publishes, so that lips stay in sync (C31)
    Timer report_timer;               // receiver reports (C54)
    Timer feedback_timer;
    // To the peer and back, from its receiver reports, smoothed; 0: not known.
    relay::TimeUs round_trip_us = 0;
    SlotRef statistics;
    std::vector<std::unique_ptr<OutgoingStream>> streams;  // main thread: owns those in `outgoing`

    // After a change of its keys, or of how many of its tuples are bound.
    void note_tuples() { several_tuples = srtp && ice && ice->bound > 1; }
};

// One encoding of a published track, as it arrives. What each packet touches is in the first cache
// lines: one, and the two of FrameRest.
struct alignas(64) InboundEncoding {
    std::uint64_t bytes = 0;
    relay::TimeUs last_packet_us = 0;
    relay::ReceptionStatistics reception{90'000};

    relay::FrameRest rest;  // the track's

    std::uint32_t ssrc = 0, rtx_ssrc = 0;  // 0: not known (yet)
    // Packets that `reception` isn't told of: sent again, handed over, of SSRCs before.
    std::uint64_t other_packets = 0;
    std::uint64_t key_frames = 0;
    std::uint8_t fraction_lost = 0;  // as last reported
    std::uint64_t rtx_packets = 0, duplicates = 0, nacks = 0;
    std::uint64_t key_frame_requests = 0;
    std::uint32_t sender_reports = 0;
    std::uint64_t srtp_resume = 0;     // constant: one more than the highest index before a restart
    std::uint64_t history_stream = 0;  // its name in KeptPackets, never used twice
    relay::HistoryIndex history;
    CheckpointRecord* checkpoint = nullptr;  // constant; null: nothing outlives the process
    SlotRef statistics;

    std::uint64_t packets() const { return reception.received() + other_packets; }
};
static_assert(offsetof(InboundEncoding, reception) + relay::ReceptionStatistics::kHotBytes <= 64);

// A published track on its publisher's worker, or a branch of one: what another worker that serves
// receivers of it has instead, and is handed its packets for.
// What each packet touches is in the first cache line.
struct alignas(64) PublishedTrack {
    std::optional<relay::Track> track;  // constant: that there is one
    relay::TimeUs last_packet_us = 0;
    Transport* transport = nullptr;               // constant; null: a branch
    std::uint8_t encoding_count = 1;              // constant
    bool audio = false;                           // constant: last to be dropped
    bool spread = false;                          // it has branches
    std::uint8_t observed = 0;                    // bit i: observation i, of it or its receivers
    std::uint32_t repairable = 0;                 // subscriptions that may be sent packets again
    relay::MissingPackets* missing = nullptr;     // [encoding]; null: its publisher takes no NACK
    const relay::PacketParser* parser = nullptr;  // constant: there is one, which others share

    std::uint64_t id = 0;                                      // constant
    std::uint8_t payload_type = 0;                             // constant
    std::vector<relay::MissingPackets> missing_packets;        // what `missing` points at
    std::shared_ptr<const relay::PacketParser> shared_parser;  // constant: `parser`
    std::array<InboundEncoding, relay::kMaxEncodings> encodings;
    // Where transport-wide numbers are negotiated, constant: the first track's serves its
    // transport.
    std::unique_ptr<relay::FeedbackRecorder> feedback;
    std::string mid;             // constant, empty: not used
    std::string cname;           // constant: of its publisher, towards receivers
    relay::VoiceDetector voice;  // of audio
    relay::TimeUs next_statistics_us = 0;
    Timer timer;  // layer silence, holes, key-frame repetition
    SlotRef statistics;

    TrackPlace place;                  // constant
    TrackPlace origin;                 // constant: of a branch, the track; else nowhere
    std::vector<TrackPlace> branches;  // room for all there may be was made at the start
    // Of a branch: its publisher's clock on this worker, shared by the branches of its tracks.
    std::shared_ptr<relay::SenderClock> publisher_clock;
    std::uint8_t marks = 0;           // bit i: observation i is about it or its publisher
    std::uint8_t watched_marks = 0;   // … about one of `watched`
    Subscription* watched = nullptr;  // list of those with marks
};

// What packets touch lies as said above. Both compilers know where it is, whatever the standard
// says of types like these.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
static_assert(offsetof(Transport, packets) == 64 && offsetof(Transport, srtp) == 128);
static_assert(offsetof(PublishedTrack, id) == 64);
#pragma GCC diagnostic pop

// One receiver's leg of a track.
struct Subscription {
    std::uint64_t id = 0;              // constant
    relay::ReceiverHandle handle = 0;  // constant: index among the worker's subscriptions
    PublishedTrack* track = nullptr;   // constant
    Transport* transport = nullptr;    // constant
    OutgoingStream* stream = nullptr;  // constant: its SSRC's
    relay::ReceiverConfig config;      // link, target and what it goes on from change
    std::unique_ptr<Repair> repair;    // null: nothing can be sent again
    bool attached = false;             // the track knows it: its transport has an address
    Subscription* next = nullptr;      // of the same transport
    Subscription** link = nullptr;     // what points at this one
    Timer timer;                       // sender reports and statistics
    relay::TimeUs next_report_us = 0;
    // What was published last: Track::changes() of that time, and whether something else is new.
    std::uint32_t changes = 0;
    bool news = true;
    std::uint8_t last_fir = 0;  // command number, to tell repetitions (C32)
    bool fir_seen = false;
    std::uint8_t marks = 0;                // bit i: observation i is about what it is sent
    Subscription* next_watched = nullptr;  // of the same track
    SlotRef statistics;
};

}  // namespace strata::dataplane

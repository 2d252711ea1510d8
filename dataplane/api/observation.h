#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

// What a worker writes down of a packet for whoever looks on (captures, traces). Records lie in an
// ObservationLog one behind the other; each is an ObservedHead, followed by what its kind says.
namespace strata::api {

constexpr std::size_t kMaxObservations = 8;  // at once; each has a bit

enum class ObservedKind : std::uint8_t {
    packet,  // followed by `captured_bytes` bytes of the packet
    trace,   // followed by a TracedPacket, its groups and its outputs
};

enum class ObservedDirection : std::uint8_t { in, out };

// What became of it, as far as the worker knew at the end of its turn.
enum class ObservedFate : std::uint8_t {
    forwarded,   // in: went to `count` receivers
    consumed,    // in: ends here and was of use (RTCP, a connectivity check)
    punted,      // in: handed to the control process (DTLS)
    dropped,     // in: `reason` is an RxDrop
    sent,        // out: the port took it
    queued,      // out: waits for the port, as one of `count`
    held,        // out: waits for the address of its next hop
    tx_dropped,  // out: `reason` is a TxDrop
    unclear,     // out: left the queue, in a turn in which the port refused `count` packets of it
    made,        // out: a report of the relay's own, put in the queue
};

// What a datagram is (relay::PacketClass has the same values).
enum class ObservedClass : std::uint8_t { unknown, stun, zrtp, dtls, turn_channel, rtp, rtcp };

struct Fate {
    ObservedFate fate = ObservedFate::consumed;
    std::uint8_t reason = 0;
    std::uint16_t reserved = 0;
    std::uint32_t count = 0;
};
static_assert(sizeof(Fate) == 8);

// Ids are control's; 0: not known.
struct ObservedHead {
    std::uint32_t words = 0;  // 8 bytes each, of the whole record
    ObservedKind kind = ObservedKind::packet;
    ObservedDirection direction = ObservedDirection::in;
    ObservedClass packet_class = ObservedClass::unknown;
    std::uint8_t reserved = 0;
    std::uint64_t number = 0;       // among the worker's records, from 1
    std::uint64_t observation = 0;  // for which capture or trace
    std::int64_t at_us = 0;         // CLOCK_MONOTONIC, of the turn
    Fate fate;
    std::uint64_t transport = 0, track = 0, subscription = 0;
    std::array<std::uint8_t, 16> remote{}, local{};  // IPv4 is v4-mapped
    std::uint16_t remote_port = 0, local_port = 0;
    std::uint32_t ssrc = 0;            // of RTP
    std::uint16_t wire_bytes = 0;      // UDP payload, decrypted
    std::uint16_t captured_bytes = 0;  // of it, its first ones
    std::uint8_t port = 0;             // of the worker
    std::uint8_t encoding = 0;
    bool secure = false;         // SRTP on the wire
    bool retransmitted = false;  // by RTX
};
static_assert(sizeof(ObservedHead) % 8 == 0 && std::is_trivially_copyable_v<ObservedHead>);

// What the parser found, and how many groups and outputs follow.
struct TracedPacket {
    bool parsed = false;     // the rest means something
    std::uint8_t codec = 0;  // relay::Codec
    std::uint8_t payload_type = 0;
    bool marker = false, key_frame = false, starts_frame = false, ends_frame = false;
    std::uint8_t spatial = 0, temporal = 0;
    std::uint8_t padding_bytes = 0;
    std::uint8_t extensions = 0;
    bool has_descriptor = false;  // dependency descriptor
    std::uint16_t sequence = 0;
    std::uint16_t header_bytes = 0;      // with extensions
    std::uint16_t descriptor_bytes = 0;  // of the codec's payload descriptor
    std::uint16_t payload_bytes = 0;     // the descriptor included
    std::uint32_t timestamp = 0;
    std::int32_t picture_id = -1;  // -1: none
    std::uint8_t groups = 0, more_groups = 0;
    std::uint8_t outputs = 0, more_outputs = 0;
};
static_assert(sizeof(TracedPacket) % 8 == 0 && std::is_trivially_copyable_v<TracedPacket>);

enum class TracedAction : std::uint8_t {
    dropped,  // leaves no gap in its receivers' numbers
    forwarded,
    closed,     // an empty packet takes its number
    elsewhere,  // the group takes another encoding
};

struct TracedGroup {
    std::uint8_t encoding = 0, spatial = 0, temporal = 0;
    TracedAction action = TracedAction::dropped;
    bool ends_picture = false;  // the marker is set for it
    std::uint8_t reserved = 0;
    std::uint16_t number = 0;  // before receivers' offsets
    std::uint32_t members = 0;
    std::uint32_t reserved_too = 0;
};
static_assert(sizeof(TracedGroup) == 16);

// What one (group, header profile) made of it.
struct TracedOutput {
    std::uint32_t receivers = 0;
    std::uint32_t ssrc = 0;  // of the first of them, like `sequence`
    std::uint16_t sequence = 0;
    std::uint16_t header_bytes = 0;
    std::uint16_t payload_bytes = 0;
    std::uint8_t port = 0;
    bool encrypted = false;
    bool empty = false;       // closes a hole
    std::uint8_t reason = 0;  // of those dropped, a TxDrop
    std::uint16_t reserved = 0;
    std::uint32_t dropped = 0;  // of `receivers`, like what follows
    // As of the end of the turn.
    std::uint32_t sent = 0, queued = 0;
    std::uint32_t held = 0;
    std::uint32_t reserved_too = 0;
};
static_assert(sizeof(TracedOutput) == 40);

constexpr std::size_t kMaxTracedGroups = 16;
constexpr std::size_t kMaxTracedOutputs = 16;
constexpr std::size_t kMaxCapturedBytes = 2'048;  // of one packet

constexpr std::size_t kMaxTraceBytes = sizeof(ObservedHead) + sizeof(TracedPacket) +
                                       kMaxTracedGroups * sizeof(TracedGroup) +
                                       kMaxTracedOutputs * sizeof(TracedOutput);
constexpr std::size_t kMaxRecordBytes = sizeof(ObservedHead) + kMaxCapturedBytes;
static_assert(kMaxTraceBytes <= kMaxRecordBytes && kMaxRecordBytes % 8 == 0);

}  // namespace strata::api

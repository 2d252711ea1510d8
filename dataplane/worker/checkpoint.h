#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "relay/rtp/types.h"
#include "relay/svc/continuation.h"

// What of a stream has to outlive the process (C53): a record in shared memory that its worker
// writes every quarter of a second, and from which another process goes on. Only numbers that can't
// be asked for again; everything else comes from control.
namespace strata::dataplane {

enum class CheckpointKind : std::uint32_t {
    none,
    outgoing,   // an SSRC towards a receiving peer: part is it, id its transport's
    inbound,    // an encoding of a published track: id is the track's
    transport,  // indexes of a transport's SRTCP
};

// Which stream a record is about.
struct CheckpointKey {
    CheckpointKind kind = CheckpointKind::none;
    std::uint32_t part = 0;  // inbound: which encoding, outgoing: SSRC
    std::uint64_t id = 0;
    bool operator==(const CheckpointKey&) const = default;
};

// One state of a stream. In shared memory: fixed width, no pointers, all bytes defined.
struct CheckpointNumbers {
    std::uint64_t serial = 0;  // newer is larger; 0: never written
    // Outgoing: number of the next packet, inbound: highest number; extended, so that the bits
    // above 16 are the rollover counter (RFC 3711 section 3.3.1).
    std::uint64_t extended_sequence = 0;
    std::int64_t written_us = 0;  // monotonic clock of the machine, as the worker's
    std::int64_t sent_us = 0;     // when `timestamp` went out
    std::uint32_t timestamp = 0;
    std::uint32_t clock_rate_hz = 0;
    std::uint32_t packets = 0, octets = 0;
    std::uint64_t bytes = 0;
    std::uint32_t packets_per_interval = 0;  // between this record and the one before
    std::uint16_t frame_number = 0;
    std::uint16_t next_picture_id = 0;
    std::uint8_t tl0_pic_idx = 0;
    std::uint8_t key_idx = 0;
    std::uint8_t next_template_id = 0;
    std::uint8_t ever = 0;           // 0: nothing was sent yet, only extended_sequence counts
    std::uint32_t unsure_jumps = 0;  // numbers jumped over since somebody last wrote what was sent
    std::uint32_t ssrc = 0;          // whose numbers these are
    std::uint32_t reserved = 0;
    // Indexes of SRTCP and whatever else a transport with keys needs; 0 where unused.
    std::array<std::uint64_t, 4> secure{};
    std::uint64_t check = 0;  // over all of the above: a torn or damaged record is no record
};
static_assert(sizeof(CheckpointNumbers) == 120);

// A place for one stream. Two states: while one is written the other one holds, so that a crash in
// the middle costs a quarter of a second. Key: main thread; states: one writer, the worker from the
// command that hands the stream over until the answer that gives it back, else the main thread.
struct alignas(64) CheckpointRecord {
    CheckpointKey key;
    std::array<CheckpointNumbers, 2> states;
};
static_assert(sizeof(CheckpointRecord) == 256);

// Writes `numbers` as the newest state; serial and check are filled in.
// budget: 60 ns, four times a second for each stream
void write_checkpoint(CheckpointRecord& record, CheckpointNumbers numbers);

// The newest whole state. Nullopt: there is none.
std::optional<CheckpointNumbers> read_checkpoint(const CheckpointRecord& record);

// A stream that a record may belong to.
struct CheckpointClaim {
    std::uint32_t ssrc = 0;
    std::uint32_t clock_rate_hz = 90'000;
    relay::TimeUs max_age_us = 3'600'000'000;
};

// `last` as it may be stored, `extended` being last.next_sequence with its rollover counter.
CheckpointNumbers to_checkpoint(const relay::Continuation& last, std::uint64_t extended,
                                const CheckpointClaim& stream, relay::TimeUs now);

// The extended number behind `before` with the low bits `sequence`: it never goes back, and goes on
// by less than 2^16.
constexpr std::uint64_t extend_forward(std::uint64_t before, std::uint16_t sequence) {
    return before + static_cast<std::uint16_t>(sequence - static_cast<std::uint16_t>(before));
}

// How another process goes on from what a dead one wrote last. Every number jumps by more than can
// have been sent since then, sequence numbers by less than 2^15 so that the rollover counter of
// SRTP holds (C25); the timestamp will go on by the time that has passed.
struct Resumption {
    relay::Continuation from;
    CheckpointNumbers granted;  // to be stored before the first packet is sent
};

enum class CheckpointFault : std::uint8_t { none, too_old, other_stream, too_many_jumps };

// Whether `stored` may be gone on from at `now`.
CheckpointFault check_claim(const CheckpointNumbers& stored, const CheckpointClaim& claim,
                            relay::TimeUs now);
// Why it can't be, in `fault`, if there is no result.
std::optional<Resumption> resume_from(const CheckpointNumbers& stored, const CheckpointClaim& claim,
                                      relay::TimeUs now, CheckpointFault& fault);

}  // namespace strata::dataplane

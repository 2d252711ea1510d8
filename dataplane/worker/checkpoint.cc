#include "dataplane/worker/checkpoint.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstring>

namespace strata::dataplane {
namespace {

// Sequence numbers: four times what went out in the last interval, since timers may be late and
// rates rise, and at least 8,000 packets per second for a quarter of a second.
constexpr std::uint64_t kMinJump = 2'048, kMaxJump = 16'384, kJumpFactor = 4;
constexpr std::uint64_t kJumpsInDoubt = 0x7fff;  // C25

// Frames and pictures of a quarter of a second, and of one more if the timer was late. The widths
// are 16, 7 or 15, 8 and 5 bits: each jump is less than half of its range.
constexpr std::uint16_t kFrameJump = 512, kPictureJump = 60;
constexpr std::uint8_t kTl0Jump = 60, kKeyJump = 8;

// A packet's timestamp may be ahead of its successors' arrival by so much: the stream would seem to
// go back without it.
constexpr relay::TimeUs kJitterUs = 100'000;

constexpr std::size_t kWords = sizeof(CheckpointNumbers) / 8;
constexpr std::size_t kCheckedWords = offsetof(CheckpointNumbers, check) / 8;
using Words = std::array<std::uint64_t, kWords>;

// FNV-1a over 64-bit words: finds torn and foreign bytes, isn't meant against forgery (whoever may
// write the segment may do anything).
std::uint64_t check_of(const CheckpointNumbers& numbers) {
    const auto words = std::bit_cast<Words>(numbers);
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (std::size_t i = 0; i < kCheckedWords; ++i) {
        hash = (hash ^ words[i]) * 0x100000001b3ULL;
        hash ^= hash >> 32;
    }
    return hash;
}

// Word by word: another thread, or a process that is about to die, may be at the same bytes.
// Whether they belong together is what `check` says.
CheckpointNumbers load(const CheckpointNumbers& from) {
    Words words;
    auto* at = reinterpret_cast<std::uint64_t*>(const_cast<CheckpointNumbers*>(&from));
    for (std::size_t i = 0; i < kWords; ++i)
        words[i] = std::atomic_ref(at[i]).load(std::memory_order_relaxed);
    return std::bit_cast<CheckpointNumbers>(words);
}

void store(CheckpointNumbers& to, const CheckpointNumbers& numbers) {
    const auto words = std::bit_cast<Words>(numbers);
    auto* at = reinterpret_cast<std::uint64_t*>(&to);
    for (std::size_t i = 0; i < kWords; ++i)
        std::atomic_ref(at[i]).store(words[i], std::memory_order_relaxed);
}

bool whole(const CheckpointNumbers& state) {
    return state.serial != 0 && state.check == check_of(state);
}

}  // namespace

void write_checkpoint(CheckpointRecord& record, CheckpointNumbers numbers) {
    const CheckpointNumbers first = load(record.states[0]), second = load(record.states[1]);
    // The older one is overwritten; a damaged one counts as the oldest.
    const std::uint64_t first_serial = whole(first) ? first.serial : 0;
    const std::uint64_t second_serial = whole(second) ? second.serial : 0;
    numbers.serial = std::max(first_serial, second_serial) + 1;
    numbers.check = check_of(numbers);
    store(record.states[first_serial > second_serial ? 1 : 0], numbers);
}

std::optional<CheckpointNumbers> read_checkpoint(const CheckpointRecord& record) {
    std::optional<CheckpointNumbers> newest;
    for (const CheckpointNumbers& state : record.states)
        if (const CheckpointNumbers numbers = load(state);
            whole(numbers) && (!newest || numbers.serial > newest->serial))
            newest = numbers;
    return newest;
}

CheckpointNumbers to_checkpoint(const relay::Continuation& last, std::uint64_t extended,
                                const CheckpointClaim& stream, relay::TimeUs now) {
    CheckpointNumbers numbers;
    numbers.ssrc = stream.ssrc;
    numbers.extended_sequence = extended;
    numbers.written_us = now;
    numbers.sent_us = last.sent_at;
    numbers.timestamp = last.timestamp.value;
    numbers.clock_rate_hz = stream.clock_rate_hz;
    numbers.packets = last.packets;
    numbers.octets = last.octets;
    numbers.bytes = last.bytes;
    numbers.frame_number = last.frame_number;
    numbers.next_picture_id = last.next_picture_id;
    numbers.tl0_pic_idx = last.tl0_pic_idx;
    numbers.key_idx = last.key_idx;
    numbers.next_template_id = last.next_template_id;
    numbers.ever = last.ever ? 1 : 0;
    return numbers;
}

CheckpointFault check_claim(const CheckpointNumbers& stored, const CheckpointClaim& claim,
                            relay::TimeUs now) {
    if (stored.ssrc != claim.ssrc || stored.clock_rate_hz != claim.clock_rate_hz)
        return CheckpointFault::other_stream;
    // Written in the future, sent after it was written: of another boot, whatever the header says.
    if (stored.written_us > now || now - stored.written_us > claim.max_age_us ||
        stored.sent_us > stored.written_us)
        return CheckpointFault::too_old;
    return CheckpointFault::none;
}

std::optional<Resumption> resume_from(const CheckpointNumbers& stored, const CheckpointClaim& claim,
                                      relay::TimeUs now, CheckpointFault& fault) {
    fault = check_claim(stored, claim, now);
    if (fault != CheckpointFault::none) return std::nullopt;
    const std::uint64_t jump =
        std::min(std::uint64_t{stored.packets_per_interval} * kJumpFactor + kMinJump, kMaxJump);
    if (stored.unsure_jumps + jump > kJumpsInDoubt) {
        fault = CheckpointFault::too_many_jumps;
        return std::nullopt;
    }

    Resumption resumption;
    const std::uint64_t extended = stored.extended_sequence + jump;
    relay::Continuation& from = resumption.from;
    from.ever = stored.ever != 0;
    from.next_sequence = static_cast<std::uint16_t>(extended);
    from.timestamp = relay::RtpTimestamp{stored.timestamp};
    from.sent_at = stored.sent_us - kJitterUs;
    from.frame_number = static_cast<std::uint16_t>(stored.frame_number + kFrameJump);
    from.next_picture_id = static_cast<std::uint16_t>(stored.next_picture_id + kPictureJump);
    from.tl0_pic_idx = static_cast<std::uint8_t>(stored.tl0_pic_idx + kTl0Jump);
    from.key_idx = static_cast<std::uint8_t>(stored.key_idx + kKeyJump);
    from.next_template_id = stored.next_template_id;
    from.packets = stored.packets;
    from.octets = stored.octets;
    from.bytes = stored.bytes;
    // Should this process die before it tells what it sent, the next one jumps again, from here.
    CheckpointNumbers& granted = resumption.granted = stored;
    granted.extended_sequence = extended;
    granted.frame_number = from.frame_number;
    granted.next_picture_id = from.next_picture_id;
    granted.tl0_pic_idx = from.tl0_pic_idx;
    granted.key_idx = from.key_idx;
    granted.unsure_jumps = static_cast<std::uint32_t>(stored.unsure_jumps + jump);
    granted.written_us = now;
    return resumption;
}

}  // namespace strata::dataplane

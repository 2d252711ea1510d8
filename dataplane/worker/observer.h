#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/api/observation_log.h"
#include "dataplane/port/flow_key.h"
#include "relay/codec/packet_info.h"
#include "relay/rtp/types.h"

namespace strata::dataplane {

class TxQueue;

// One capture or trace on one worker. Which objects it is about stands in their marks, which the
// main thread sets: bit `slot`.
struct Observation {
    std::uint8_t slot = 0;
    std::uint64_t id = 0;
    bool trace = false;
    bool in = false, out = false;
    bool anyone = false;         // about every packet, also those of nobody who is known
    bool by_drop = false;        // only packets that were dropped for one of these reasons
    std::uint64_t rx_drops = 0;  // bit: RxDrop
    std::uint32_t tx_drops = 0;  // bit: TxDrop
    std::uint32_t sample = 1;    // one of so many
    std::uint64_t packets = 0;   // at most
    std::uint64_t bytes = 0;     // at most, captured
    relay::TimeUs duration_us = 0;
    std::uint16_t snap_bytes = 0;  // 0: the headers

    // The worker's.
    relay::TimeUs until_us = 0;  // 0: not begun
};

// All captures and traces of a worker: whom they are about, how far they have come, and what the
// worker writes down for them. Built on the main thread, a new one for each change; from the
// command that hands it over until the answer that gives it back it is the worker's. Allocates in
// its constructor only.
//
// What a packet costs that nothing is about: a look at two marks. Everything else is out of line.
// budget: bench/pipeline/instructions.json, the rows "…, observed"
class Observer {
  public:
    // `log` outlives it and is the worker's.
    Observer(api::ObservationLog& log, std::span<const Observation> observations);

    // What `before` has counted goes on. Worker.
    void continue_from(const Observer& before);
    // From the worker's first turn with it.
    void begin(relay::TimeUs now);

    // Bits of observations of what comes in, of what goes out, and of those about everybody.
    std::uint8_t in() const { return in_; }
    std::uint8_t out() const { return out_; }
    std::uint8_t traces() const { return traces_; }
    std::uint8_t anyone() const { return anyone_; }
    // Whether one of those in `bits` wants only packets that were dropped.
    std::uint8_t by_drop() const { return by_drop_; }

    // Of `bits` those that want this packet: of each, one in so many. Those that choose by what
    // becomes of it are asked later, by wants().
    std::uint8_t sample_in(unsigned bits) { return sample(bits, until_in_); }
    // What counts down to the packet that sample_in is asked about next, where those in `bits` are
    // asked: before that it would say no. Null: never.
    std::uint32_t* until_in(unsigned bits) {
        if (bits == 0) return nullptr;
        const bool one = (bits & (bits - 1)) == 0;
        return one ? &until_in_[static_cast<unsigned>(std::countr_zero(bits))] : &until_next_;
    }
    // The same where each packet is to be asked about, since it isn't known whose it is.
    std::uint32_t* until_next() { return in_ != 0 ? &until_next_ : nullptr; }
    std::uint8_t sample_out(unsigned bits) { return sample(bits, until_out_); }
    // Whether it wants a packet of this fate. Counts it where it chooses by that.
    bool wants(std::uint8_t slot, const api::Fate& fate);

    const Observation& at(std::uint8_t slot) const { return observations_[slot]; }
    // How much of a packet of `wire_bytes` it keeps, the first `header_bytes` of which aren't
    // payload.
    std::size_t captured_bytes(std::uint8_t slot, std::size_t header_bytes,
                               std::size_t wire_bytes) const {
        const std::size_t snap = observations_[slot].snap_bytes;
        return std::min({snap != 0 ? snap : header_bytes, wire_bytes, api::kMaxCapturedBytes});
    }
    // The head to fill, and what follows it.
    api::ObservedHead& head() { return *reinterpret_cast<api::ObservedHead*>(record_.data()); }
    std::uint8_t* tail() {
        return reinterpret_cast<std::uint8_t*>(record_.data()) + sizeof(api::ObservedHead);
    }
    // Appends the record for observation `slot`, with `tail_bytes` behind its head. False: it has
    // come to its end, nothing was written. `position` is where it lies in the log.
    bool write(std::uint8_t slot, std::size_t tail_bytes, relay::TimeUs now,
               std::uint64_t& position);

    // A part of a record that says "queued" until the end of the turn, when it is known whether the
    // port took it.
    struct Pending {
        std::uint64_t position = 0;  // of the word
        const TxQueue* queue = nullptr;
        std::uint32_t mark = 0;  // what was pushed last
        std::uint32_t packets = 1;
        std::uint64_t refused = 0;  // what the port had refused by then
        bool in_trace = false;      // a TracedOutput's sent and queued, else a Fate
    };
    void await(const Pending& pending);

    // Where a packet ends that wasn't sent in its turn.
    struct Later {
        const TxQueue* queue = nullptr;
        bool held = false;         // the port has it, else the queue
        std::uint32_t number = 0;  // Port::newest_held, or what was pushed last
    };
    // Whether `slot` is about packets that are dropped later on, after this fate.
    bool follows(std::uint8_t slot, const api::Fate& fate) const;
    // Keeps the record that was filled, until it is known whether `slot` wants it.
    void follow(std::uint8_t slot, std::size_t tail_bytes, const Later& later);
    // End of the turn: records can be read from now on.
    void finish();

    std::uint64_t records() const { return log_.records(); }

    // Bytes of a packet as it came, where something may change them; see keep().
    std::span<const std::uint8_t> keep(std::span<const std::uint8_t> packet);

  private:
    using Countdown = std::array<std::uint32_t, api::kMaxObservations>;  // to the next one taken
    // Most often nobody wants it, or one observation whose turn it isn't. Those that choose by what
    // becomes of a packet stand at 1 here for ever.
    [[gnu::always_inline]] std::uint8_t sample(unsigned bits, Countdown& until) {
        if (bits == 0) return 0;
        if ((bits & (bits - 1)) == 0) [[likely]] {
            std::uint32_t& left = until[static_cast<unsigned>(std::countr_zero(bits))];
            if (--left != 0) [[likely]]
                return 0;
            left = 1;
        }
        return sample_any(bits, until);
    }
    [[gnu::noinline]] std::uint8_t sample_any(unsigned bits, Countdown& until);
    void end(std::uint8_t slot);
    void resolve(const Pending& pending);

    using Record = std::array<std::uint64_t, api::kMaxRecordBytes / 8>;
    struct Followed {
        std::uint8_t slot = 0;
        std::size_t tail_bytes = 0;
        Later later;
        Record record;
    };
    static api::Fate fate_of(const Later& later);
    void settle_followed();

    static constexpr std::size_t kMaxPending = 512;
    static constexpr std::size_t kMaxFollowed = 256;  // more are left out

    api::ObservationLog& log_;
    std::uint8_t in_ = 0, out_ = 0, traces_ = 0, anyone_ = 0, by_drop_ = 0;
    bool written_ = false;  // something that isn't published
    Countdown until_in_, until_out_;
    std::uint32_t until_next_ = 1;                    // stays so
    Countdown until_dropped_in_, until_dropped_out_;  // of those in by_drop_
    std::array<Observation, api::kMaxObservations> observations_;
    Record record_{};
    std::array<std::uint8_t, api::kMaxCapturedBytes> kept_{};
    std::vector<Pending> pending_;
    std::vector<Followed> followed_;  // room only where an observation asks for it
};

}  // namespace strata::dataplane

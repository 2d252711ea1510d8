#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "relay/rtp/byte_order.h"
#include "relay/rtp/rtcp/feedback.h"

// Transport-wide congestion control feedback, draft-holmer-rmcat-transport-wide-cc-extensions-01.
namespace strata::relay {

constexpr TimeUs kFeedbackTickUs = 250;          // unit of receive deltas
constexpr TimeUs kFeedbackReferenceUs = 64'000;  // unit of the reference time
// More statuses in one message than anybody sends (a run-length chunk can claim 8,191 packets in
// two bytes): refused, to bound the work that a datagram can cause. C52.
constexpr std::size_t kMaxFeedbackStatuses = 8'192;

// One message, checked as a whole by read_transport_feedback: its chunks describe status_count
// packets, and every receive delta they promise is there.
struct TransportFeedback {
    FeedbackParties parties;
    SequenceNumber base_sequence;  // transport-wide
    std::uint16_t status_count = 0;
    std::int32_t reference_time = 0;  // 64 ms, signed 24 bits, of the receiver's clock
    std::uint8_t feedback_count = 0;  // one more in each message
    std::span<const std::uint8_t> chunks, deltas;

    // Calls visit(SequenceNumber, bool received, TimeUs time_us) for each status in order.
    // `time_us` is on the receiver's clock, wraps with the reference time (about 12 days), and
    // means nothing when not received.
    template <typename Visit>
    void for_each(Visit visit) const;
};

// False: another type, truncated, a reserved symbol, or too many statuses.
bool read_transport_feedback(const RtcpPacket& packet, TransportFeedback& out);

// Packet status symbols.
enum class FeedbackSymbol : std::uint8_t { not_received = 0, small = 1, large = 2, reserved = 3 };

// Walks the symbols of packet status chunks.
class FeedbackSymbols {
  public:
    explicit FeedbackSymbols(std::span<const std::uint8_t> chunks) : chunks_(chunks) {}

    //   0                   1
    //   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
    //  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    //  |0| S |       run length        |
    //  |1|0|   14 symbols of one bit   |
    //  |1|1|   7 symbols of two bits   |
    //  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // Past the last chunk: not ok, and reserved.
    FeedbackSymbol next() {
        while (left_ == 0)
            if (!load()) return FeedbackSymbol::reserved;
        --left_;
        if (symbol_bits_ == 0) return run_;
        const unsigned symbol = vector_ >> (left_ * symbol_bits_) & ((1u << symbol_bits_) - 1);
        return static_cast<FeedbackSymbol>(symbol);
    }

    bool ok() const { return ok_; }
    // Bytes of chunks taken.
    std::size_t position() const { return at_; }

  private:
    bool load() {
        if (chunks_.size() - at_ < 2) return ok_ = false;
        const std::uint16_t chunk = load_be16(&chunks_[at_]);
        at_ += 2;
        if (!(chunk & 0x8000)) {
            symbol_bits_ = 0;
            run_ = static_cast<FeedbackSymbol>(chunk >> 13 & 3);
            left_ = chunk & 0x1FFF;
        } else {
            symbol_bits_ = chunk & 0x4000 ? 2 : 1;
            left_ = 14 / symbol_bits_;
            vector_ = chunk & 0x3FFF;
        }
        return true;
    }

    std::span<const std::uint8_t> chunks_;
    std::size_t at_ = 0;
    unsigned left_ = 0;
    unsigned symbol_bits_ = 0;
    unsigned vector_ = 0;
    FeedbackSymbol run_ = FeedbackSymbol::not_received;
    bool ok_ = true;
};

template <typename Visit>
void TransportFeedback::for_each(Visit visit) const {
    FeedbackSymbols symbols(chunks);
    std::int64_t ticks = std::int64_t{reference_time} * (kFeedbackReferenceUs / kFeedbackTickUs);
    std::size_t at = 0;
    for (std::uint16_t i = 0; i < status_count; ++i) {
        const FeedbackSymbol symbol = symbols.next();
        const bool received = symbol != FeedbackSymbol::not_received;
        if (symbol == FeedbackSymbol::small) ticks += deltas[at++];
        if (symbol == FeedbackSymbol::large) {
            ticks += static_cast<std::int16_t>(load_be16(&deltas[at]));
            at += 2;
        }
        visit(base_sequence + i, received, ticks * kFeedbackTickUs);
    }
}

// Collects arrivals and writes one message. Fixed memory; reused for message after message.
class TransportFeedbackBuilder {
  public:
    static constexpr std::size_t kMaxStatuses = 1'024;

    // Adds the arrival of extended transport-wide sequence `sequence`, ascending. False, and
    // nothing changed, when it doesn't fit the message: too far from the first one, too far in time
    // from the one before, or not ascending. The caller then writes this message and starts the
    // next one.
    bool add(std::int64_t sequence, TimeUs arrival) { return add(sequence, arrival, sequence); }
    // The same; where it is the message's first arrival, packets from `expected` on up to it are
    // told as lost.
    bool add(std::int64_t sequence, TimeUs arrival, std::int64_t expected);

    bool empty() const { return count_ == 0; }
    // Statuses, lost ones in between included.
    std::size_t status_count() const { return count_; }

    // Bytes of the whole RTCP packet; 0: empty. Kept as the message grows: cheap after each add.
    std::size_t size() const;

    // Writes the RTCP packet, clears the builder and counts one message more. 0, and nothing
    // changed, when empty or larger than `out`.
    std::size_t write(FeedbackParties parties, std::span<std::uint8_t> out);

    void clear() { count_ = settled_ = settled_chunks_ = run_ = delta_bytes_ = 0; }

  private:
    struct Status {
        FeedbackSymbol symbol;
        std::int16_t delta;  // ticks
    };
    struct Chunk {
        std::uint16_t bits;
        std::size_t statuses;  // that it covers
    };
    // The chunk whose first status is `at`, below count_.
    Chunk chunk(std::size_t at) const;
    void push(Status status);

    std::array<Status, kMaxStatuses> statuses_;
    std::size_t count_ = 0;
    std::size_t settled_ = 0;         // statuses whose chunks no later one changes
    std::size_t settled_chunks_ = 0;  // their number
    std::size_t run_ = 0;             // equal symbols from settled_ on
    std::size_t delta_bytes_ = 0;
    std::int64_t first_sequence_ = 0;
    std::int64_t reference_ = 0;  // 64 ms
    std::int64_t last_tick_ = 0;  // of the last arrival
    std::uint8_t feedback_count_ = 0;
};

}  // namespace strata::relay

#include "relay/rtp/rtcp/transport_feedback.h"

#include <algorithm>
#include <limits>

namespace strata::relay {
namespace {

constexpr std::size_t kFixedSize = 16;  // parties, base sequence, count, reference time, fb count
constexpr std::int64_t kTicksPerReference = kFeedbackReferenceUs / kFeedbackTickUs;
constexpr std::size_t kMaxRun = 0x1FFF;
constexpr std::size_t kOneBitVector = 14;  // statuses in a chunk of one-bit symbols

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
    return value / by - (value % by < 0 ? 1 : 0);
}

}  // namespace

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |      base sequence number     |      packet status count      |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                 reference time                | fb pkt. count |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |          packet chunk         |  …  |  recv delta  |  …       |
bool read_transport_feedback(const RtcpPacket& packet, TransportFeedback& out) {
    if (packet.type != RtcpType::transport_feedback || packet.count != kFmtTransportWide ||
        packet.body.size() < kFixedSize)
        return false;
    const std::uint8_t* bytes = packet.body.data();
    out.parties = {{load_be32(bytes)}, {load_be32(bytes + 4)}};
    out.base_sequence = {load_be16(bytes + 8)};
    out.status_count = load_be16(bytes + 10);
    out.reference_time = static_cast<std::int32_t>(load_be24(bytes + 12) << 8) >> 8;
    out.feedback_count = bytes[15];
    if (out.status_count > kMaxFeedbackStatuses) return false;

    const std::span<const std::uint8_t> rest = packet.body.subspan(kFixedSize);
    FeedbackSymbols symbols(rest);
    std::size_t delta_bytes = 0;
    for (std::size_t i = 0; i < out.status_count; ++i) {
        const FeedbackSymbol symbol = symbols.next();
        if (symbol == FeedbackSymbol::reserved) return false;
        delta_bytes += static_cast<std::size_t>(symbol);  // small: 1 byte, large: 2
    }
    if (delta_bytes > rest.size() - symbols.position()) return false;
    out.chunks = rest.first(symbols.position());
    out.deltas = rest.subspan(symbols.position(), delta_bytes);
    return true;
}

bool TransportFeedbackBuilder::add(std::int64_t sequence, TimeUs arrival, std::int64_t expected) {
    const std::int64_t tick = floor_divide(arrival, kFeedbackTickUs);
    if (count_ == 0) {
        first_sequence_ = expected;
        reference_ = floor_divide(tick, kTicksPerReference);
        last_tick_ = reference_ * kTicksPerReference;
    }
    const std::int64_t index = sequence - first_sequence_;
    const std::int64_t delta = tick - last_tick_;
    if (index < static_cast<std::int64_t>(count_) ||
        index >= static_cast<std::int64_t>(kMaxStatuses) ||
        delta < std::numeric_limits<std::int16_t>::min() ||
        delta > std::numeric_limits<std::int16_t>::max())
        return false;
    while (count_ < static_cast<std::size_t>(index)) push({FeedbackSymbol::not_received, 0});
    const bool small = delta >= 0 && delta <= 255;
    push({small ? FeedbackSymbol::small : FeedbackSymbol::large, static_cast<std::int16_t>(delta)});
    last_tick_ = tick;
    return true;
}

void TransportFeedbackBuilder::push(Status status) {
    if (run_ == count_ - settled_ && (run_ == 0 || statuses_[settled_].symbol == status.symbol))
        ++run_;
    statuses_[count_++] = status;
    delta_bytes_ += static_cast<std::size_t>(status.symbol);  // small: 1 byte, large: 2
    // A chunk is settled once its run has ended and as many statuses are there as a vector holds.
    while (count_ - settled_ >= kOneBitVector && run_ < count_ - settled_) {
        settled_ += chunk(settled_).statuses;
        ++settled_chunks_;
        run_ = 0;
        while (settled_ + run_ < count_ &&
               statuses_[settled_ + run_].symbol == statuses_[settled_].symbol)
            ++run_;
    }
}

TransportFeedbackBuilder::Chunk TransportFeedbackBuilder::chunk(std::size_t at) const {
    const std::size_t left = count_ - at;
    const FeedbackSymbol symbol = statuses_[at].symbol;
    std::size_t run = 1;
    while (run < left && run < kMaxRun && statuses_[at + run].symbol == symbol) ++run;
    std::size_t one_bit = 0;  // symbols that a chunk of one-bit symbols can hold
    while (one_bit < std::min(left, kOneBitVector) &&
           statuses_[at + one_bit].symbol != FeedbackSymbol::large)
        ++one_bit;
    const bool fits_one_bit = one_bit == std::min(left, kOneBitVector);
    const std::size_t vector = std::min(left, fits_one_bit ? kOneBitVector : kOneBitVector / 2);
    if (run >= vector)
        return {static_cast<std::uint16_t>(static_cast<unsigned>(symbol) << 13 | run), run};
    const unsigned bits = fits_one_bit ? 1 : 2, capacity = 14 / bits;
    unsigned word = 0x8000u | (bits == 2 ? 0x4000u : 0u);
    for (unsigned i = 0; i < vector; ++i)
        word |= static_cast<unsigned>(statuses_[at + i].symbol) << ((capacity - 1 - i) * bits);
    return {static_cast<std::uint16_t>(word), vector};
}

std::size_t TransportFeedbackBuilder::size() const {
    if (count_ == 0) return 0;
    std::size_t chunks = settled_chunks_;
    // Either one run, however long, or fewer statuses than a vector holds.
    if (settled_ < count_ && run_ == count_ - settled_)
        ++chunks;
    else
        for (std::size_t at = settled_; at < count_; at += chunk(at).statuses) ++chunks;
    return (kRtcpHeaderSize + kFixedSize + 2 * chunks + delta_bytes_ + 3) / 4 * 4;
}

std::size_t TransportFeedbackBuilder::write(FeedbackParties parties, std::span<std::uint8_t> out) {
    const std::size_t total = size();
    if (total == 0 || total > out.size()) return 0;
    std::uint8_t* bytes = out.data();
    bytes[0] = 0x80 | kFmtTransportWide;
    bytes[1] = static_cast<std::uint8_t>(RtcpType::transport_feedback);
    store_be16(bytes + 2, static_cast<std::uint16_t>(total / 4 - 1));
    store_be32(bytes + 4, parties.sender.value);
    store_be32(bytes + 8, parties.media.value);
    store_be16(bytes + 12, static_cast<std::uint16_t>(first_sequence_));
    store_be16(bytes + 14, static_cast<std::uint16_t>(count_));
    store_be24(bytes + 16, static_cast<std::uint32_t>(reference_) & 0xFF'FFFF);
    bytes[19] = feedback_count_++;

    std::size_t at = kRtcpHeaderSize + kFixedSize;
    for (std::size_t first = 0; first < count_;) {
        const Chunk next = chunk(first);
        store_be16(bytes + at, next.bits);
        at += 2;
        first += next.statuses;
    }
    for (std::size_t i = 0; i < count_; ++i) {
        const Status& status = statuses_[i];
        if (status.symbol == FeedbackSymbol::small)
            bytes[at++] = static_cast<std::uint8_t>(status.delta);
        if (status.symbol == FeedbackSymbol::large) {
            store_be16(bytes + at, static_cast<std::uint16_t>(status.delta));
            at += 2;
        }
    }
    // Up to the next word with P: padding by the RTCP rules, whose last byte counts it.
    const std::size_t padding = total - at;
    std::fill(bytes + at, bytes + total, std::uint8_t{0});
    if (padding > 0) {
        bytes[0] |= 0x20;
        bytes[total - 1] = static_cast<std::uint8_t>(padding);
    }
    clear();
    return total;
}

}  // namespace strata::relay

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "relay/codec/packet_info.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/types.h"
#include "relay/svc/media_drop.h"
#include "relay/svc/packet_head.h"

namespace strata::relay {

// The packets behind one of a frame that nobody wants: known by their first bytes alone, without
// being parsed, and told to the track later, all at once. They come in order and differ from the
// first one in nothing but the sequence number, marker, bits that tell a frame's edges, and header
// extensions of the hop. Whatever is different stops nothing here: it is looked at as any packet.
// Frames of a kind that came before begin as such a packet does (FrameKinds).
// Two cache lines. The owning worker only.
class alignas(64) FrameRest {
  public:
    // Header, extensions and payload descriptor end within these, or nothing is expected.
    static constexpr std::size_t kHeadBytes = PacketHead::kBytes;

    // Expects those behind `packet`, whose frame tells its packets apart from other frames' by the
    // dependency descriptor, or by the codec's own.
    void expect(std::span<const std::uint8_t> packet, const PacketInfo& info, bool by_descriptor,
                MediaDrop why);
    void stop() { longest_ = 0; }
    // And no frame is known that may begin either.
    void forget() {
        stop();
        begins_ = {};
    }
    // Another frame has begun. Nothing is expected.
    void begin(RtpTimestamp timestamp) { timestamp_ = timestamp; }

    // Of the newest frame, whose first packet is `packet`: what of heads like its counts, and its
    // own. From now on others may begin frames like it, of a kind that is kept at `place`, until
    // packets look different that those behind are expected to be like. False: nothing tells that a
    // frame begins.
    bool describe(PacketHead& mask, PacketHead& head, std::span<const std::uint8_t> packet,
                  std::uint8_t place);
    // `packet`, the one behind the newest, begins a frame of a known kind. It counts as one that
    // was expected and came.
    void begin(std::span<const std::uint8_t> packet, TimeUs now);
    // Whether it may begin a frame of a known kind.
    [[gnu::always_inline]] bool may_begin(std::span<const std::uint8_t> packet) const {
        return knows_kinds() && packet.size() > kHeadBytes &&
               (packet[begins_[0].at] & begins_[0].bits) != 0;
    }
    bool knows_kinds() const { return begins_[0].bits != 0; }
    // Of FrameKinds: where what begins next is likely to be found.
    std::uint8_t& kind() { return kind_; }
    std::uint8_t kind() const { return kind_; }
    // Whether there is anything that a packet could be without being parsed.
    bool knows_any() const { return (longest_ | begins_[0].bits) != 0; }

    bool expects() const { return longest_ != 0; }
    // Brings all of it near.
    [[gnu::always_inline]] void prefetch() const {
        __builtin_prefetch(this, 1);
        __builtin_prefetch(&head_, 1);
    }
    // What a packet is, as far as that can be told without looking closer: for who fetches ahead.
    struct Guess {
        bool begins = true;     // a frame: it hasn't the time of the newest
        bool known = false;     // … of a known kind
        std::uint8_t kind = 0;  // … probably, kind()
    };
    [[gnu::always_inline]] Guess guess(std::span<const std::uint8_t> packet) const {
        const bool begins = !goes_on(packet);
        return {begins, begins && knows_kinds(), kind_};
    }

    // Whether it is the next of them, or the one `ahead` behind that.
    [[gnu::always_inline]] bool matches(std::span<const std::uint8_t> packet,
                                        std::size_t ahead = 0) const {
        if (packet.size() > longest_ || packet.size() <= kHeadBytes) return false;
        const SequenceNumber due = next_ + static_cast<std::uint16_t>(ahead);
        return head_.is_of(packet, mask_) && sequence_of(packet) == due;
    }
    // Whether it is the one behind the newest that came, which some are expected behind.
    bool follows(std::span<const std::uint8_t> packet) const {
        return sequence_of(packet) == next_;
    }
    // Whether one that matches ends the frame.
    bool ends(std::span<const std::uint8_t> packet) const {
        return (packet[end_at_] & end_bit_) != 0;
    }
    // Whether the packet has the time of the newest frame: most that have begin none.
    bool goes_on(std::span<const std::uint8_t> packet) const {
        return load_be32(&packet[4]) == timestamp_.value;
    }
    SequenceNumber next() const { return next_; }
    // The next `count` have come, and one of them `ended` the frame.
    void take(std::size_t count, bool ended, TimeUs now) {
        next_ = next_ + static_cast<std::uint16_t>(count);
        count_ += static_cast<std::uint32_t>(count);
        ended_ = ended_ || ended;
        last_at_ = now;
    }
    // Of each of them. Offset of the transport-wide number; 0: it has none.
    std::size_t transport_cc_at() const { return transport_cc_at_; }
    std::uint8_t extensions_ignored() const { return extensions_ignored_; }
    // Whether the last packet of the newest frame is among what came since it was asked last.
    bool ended() const { return ended_; }
    // Up to the payload proper, behind the codec's descriptor.
    std::size_t head_bytes() const { return head_bytes_; }
    RtpTimestamp timestamp() const { return timestamp_; }
    MediaDrop why() const { return why_; }

    // What came since it was asked last.
    struct Taken {
        std::uint32_t count = 0;
        bool ended = false;  // the frame
        TimeUs last_at = 0;
    };
    Taken taken() {
        const Taken all{count_, ended_, last_at_};
        count_ = 0;
        ended_ = false;
        return all;
    }

  private:
    // All that frames of known kinds have in common.
    struct Layout {
        PacketHead mask;
        std::array<std::uint8_t, 5> places;
        bool is(const Layout& other) const { return places == other.places && mask.is(other.mask); }
    };
    Layout layout() const {
        return {mask_, {end_at_, end_bit_, transport_cc_at_, extensions_ignored_, head_bytes_}};
    }
    void ignore(std::size_t at, std::uint8_t bits);
    void expect_clear(std::size_t at, std::uint8_t bits);
    static SequenceNumber sequence_of(std::span<const std::uint8_t> packet) {
        return {load_be16(&packet[2])};
    }

    // The first line tells whether anything is expected at all.
    std::uint16_t longest_ = 0;  // bytes of a packet; 0: none is expected
    SequenceNumber next_;
    std::uint8_t end_at_ = 0, end_bit_ = 0;
    std::uint8_t kind_ = 0, head_bytes_ = 0;
    RtpTimestamp timestamp_;
    // What first packets of known kinds have set and those behind them haven't; 0: none is known.
    std::array<PacketHead::Bits, 2> begins_{};
    PacketHead mask_, head_;
    TimeUs last_at_ = 0;
    std::uint32_t count_ = 0;
    bool ended_ = false;
    MediaDrop why_ = MediaDrop::none;
    std::uint8_t transport_cc_at_ = 0, extensions_ignored_ = 0;
};
static_assert(sizeof(FrameRest) == 128);

}  // namespace strata::relay

#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

namespace strata::gen {

// The truth about one layer frame that a publisher sent.
struct SentFrame {
    std::int64_t ordinal = -1;  // of the track, in the order frames were begun
    std::int64_t picture = -1;  // of the track: frames of one encoding and instant share it
    std::uint8_t encoding = 0, spatial_id = 0, temporal_id = 0;
    bool key_picture = false;
    bool independent_layers = false;  // spatial switches need a key picture
    bool picture_has_marker = true;   // encoders that give up a top layer late send none
    std::uint16_t wanted = 0;         // FrameFacts::wanted
    std::uint16_t packets = 0;        // sent so far
    std::uint16_t width = 0, height = 0;
    std::int64_t media_us = 0;  // when it was captured, one clock for all encodings and loops
    std::int64_t sent_us = 0;   // when its first packet was sent, monotonic
};

struct SentPacket {
    std::uint64_t key = 0;
    std::int64_t sent_us = 0;
    std::int64_t frame = -1;      // SentFrame::ordinal
    std::uint32_t timestamp = 0;  // RTP, as published
};

// What a publisher sent in the last while, for its track's receivers: packets by content, frames by
// ordinal. Bounded: the oldest go first. Thread: the run's.
class Journal {
  public:
    explicit Journal(std::size_t packets = 65'536, std::size_t frames = 16'384)
        : packet_limit_(packets), frame_limit_(frames) {}

    // A frame begins; its ordinal is given out. `frame.sent_us` is set.
    std::int64_t begin_frame(SentFrame frame);
    // A packet of a frame that was begun.
    void add_packet(const SentPacket& packet);

    // The packet with this content that fits best: that with RTP timestamp `timestamp` when
    // `timestamp_known`, else the latest. Null: nobody sent it.
    const SentPacket* find(std::uint64_t key, bool timestamp_known, std::uint32_t timestamp) const;
    // Null: not begun yet, or forgotten.
    const SentFrame* frame(std::int64_t ordinal) const;
    std::int64_t first_frame() const { return first_frame_; }
    std::int64_t next_frame() const {
        return first_frame_ + static_cast<std::int64_t>(frames_.size());
    }

    // When a frame of that encoding and at least that spatial layer was last sent; -1: never.
    std::int64_t last_sent_us(std::uint8_t encoding, std::uint8_t spatial_id) const;
    // A sender report of that encoding was sent; only the first one counts.
    void note_report(std::uint8_t encoding, std::int64_t sent_us);
    // True when one had been sent at `at_us`: from then on its clock is known (C21, C22).
    bool reported(std::uint8_t encoding, std::int64_t at_us) const;
    // Highest layers seen of an encoding.
    std::uint8_t max_spatial_id(std::uint8_t encoding) const { return max_spatial_[encoding % 4]; }
    std::uint8_t max_temporal_id(std::uint8_t encoding) const {
        return max_temporal_[encoding % 4];
    }
    std::uint64_t packets() const { return packet_count_; }

  private:
    std::size_t packet_limit_, frame_limit_;
    std::deque<SentFrame> frames_;
    std::deque<SentPacket> packets_;                                // oldest first
    std::unordered_multimap<std::uint64_t, std::uint64_t> by_key_;  // key: packet's number
    std::uint64_t packet_count_ = 0;
    std::int64_t first_frame_ = 0;
    std::int64_t last_sent_us_[4][8] = {};
    std::int64_t first_report_us_[4] = {};
    std::uint8_t max_spatial_[4] = {}, max_temporal_[4] = {};
};

}  // namespace strata::gen

#pragma once

#include <cstdint>
#include <vector>

#include "bench/generator/capture.h"
#include "bench/generator/frame_reader.h"
#include "bench/generator/media_source.h"

namespace strata::gen {

struct CaptureSourceConfig {
    std::vector<FreshNumbers> fresh;       // per encoding
    std::uint16_t first_frame_number = 0;  // dependency descriptor; shared by all encodings (B3)
    double speed = 1.0;                    // pacing and timestamps together
    std::uint32_t loops = 0;               // 0: forever
};

// Replays a capture again and again as one unbroken publisher: sequence, timestamp, frame_number,
// picture id, TL0PICIDX and KEYIDX go on from loop to loop; each encoding keeps its own timestamp
// origin, as captured in relation to the others. TWCC and abs-send-time are stamped by the
// publisher.
class CaptureSource final : public MediaSource {
  public:
    CaptureSource(const Capture& capture, CaptureSourceConfig config);

    bool next(OutgoingPacket& out) override;
    const TrackDescription& track() const override { return track_; }
    std::uint32_t timestamp_at(std::uint8_t encoding, std::int64_t at_us) const override;
    bool request_key_frame(std::uint8_t) override { return false; }
    void set_begin_ntp(std::uint64_t ntp) override { begin_ntp_ = ntp; }

    std::int64_t loop_us() const { return loop_us_; }
    std::int64_t frames_per_loop() const { return static_cast<std::int64_t>(frames_.size()); }
    std::size_t packets_per_loop() const { return packets_.size(); }

  private:
    // Offsets of what a loop changes; 0: not there.
    struct LoopPacket {
        std::int64_t at_us = 0;
        std::uint8_t encoding = 0;
        std::vector<std::uint8_t> bytes;
        std::uint64_t key = 0;
        std::int64_t ticks = 0;   // timestamp, from the encoding's first
        std::int64_t frame = -1;  // index into frames_; -1: padding only
        bool begins_frame = false, marker = false;
        std::uint32_t payload_octets = 0;
        std::uint16_t sequence = 0;      // from the encoding's first
        std::uint16_t frame_number = 0;  // from the lowest of the capture
        std::uint16_t picture_id = 0;    // from the encoding's first
        std::uint8_t tl0_pic_idx = 0, key_idx = 0;
        std::uint16_t frame_number_at = 0, picture_id_at = 0, tl0_pic_idx_at = 0, key_idx_at = 0;
        std::uint16_t capture_time_at = 0;
        std::uint8_t picture_id_bits = 0;
    };
    struct EncodingLoop {
        FrameReader reader;
        bool begun = false;
        std::int64_t first_timestamp = 0, last_ticks = 0;
        std::int64_t first_media_us = 0, first_at_us = 0;
        relay::SequenceUnwrapper sequences;
        relay::Unwrapper<15> pictures;
        relay::Unwrapper<7> short_pictures;
        relay::Unwrapper<8> tl0;
        relay::Unwrapper<5> keys;
        std::int64_t first_sequence = 0, last_sequence = 0;
        std::int64_t first_picture = 0, last_picture = 0;
        std::int64_t first_tl0 = 0, last_tl0 = 0;
        std::int64_t first_key = 0, last_key = 0;
        std::int64_t frame_timestamp = -1, frame_id = -1, frame = -1;  // the one being read
    };

    void read_packet(const CapturedPacket& packet, const relay::PacketParser& parser);
    void read_numbers(const relay::PacketInfo& info, EncodingLoop& encoding, LoopPacket& out);
    void assign_frame(const FrameFacts& facts, EncodingLoop& encoding, LoopPacket& out);
    void align_clocks();
    void note_markers();
    void set_loop_length();
    void write_numbers(const LoopPacket& packet, std::vector<std::uint8_t>& bytes) const;
    std::int64_t media_us(const LoopPacket& packet) const;
    std::int64_t scaled(std::int64_t value) const;

    TrackDescription track_;
    CaptureSourceConfig config_;
    std::vector<ClockMapping> clocks_;
    std::vector<EncodingLoop> encodings_;
    std::vector<LoopPacket> packets_;
    std::vector<SentFrame> frames_;  // of one loop; ordinal and picture count from 0
    relay::Unwrapper<16> frame_numbers_;
    std::int64_t lowest_frame_number_ = 0, highest_frame_number_ = 0;
    bool has_frame_numbers_ = false;
    std::int64_t pictures_per_loop_ = 0;
    std::int64_t loop_us_ = 0, loop_ticks_ = 0;
    std::uint64_t begin_ntp_ = 0;
    std::uint32_t loop_ = 0;
    std::size_t at_ = 0;
};

}  // namespace strata::gen

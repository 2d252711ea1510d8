#pragma once

#include <cstdint>
#include <map>
#include <unordered_set>
#include <vector>

#include "bench/generator/faults.h"
#include "bench/generator/frame_reader.h"

namespace strata::gen {

// What the last second's pictures looked like.
struct PictureView {
    std::uint8_t spatial_id = 0, temporal_id = 0;  // highest received
    std::uint16_t width = 0, height = 0;
    std::uint64_t pictures = 0;  // so far
    std::uint64_t frames = 0;    // layer frames so far
    std::uint64_t key_pictures = 0;
};

// Checks one received video stream from its own bytes alone: one marker, at the picture's end;
// timestamps that never go back; references that were all received; VP8 and VP9 picture numbering.
// A picture is judged once two later ones have begun or nothing has come for kSettle_us.
class PictureCheck {
  public:
    explicit PictureCheck(FaultLog& faults) : faults_(faults) {}

    struct Arrival {
        std::int64_t now_us = 0;
        std::int64_t sequence = 0;  // extended
        bool marker = false;
        // The publisher ended this picture without a marker, below the wanted layer: nobody could
        // know.
        bool marker_optional = false;
    };
    // A media packet. Returns after judging pictures that are through.
    void add(const Arrival& arrival, const FrameFacts& facts);
    // An empty packet that fills a hole (C17).
    void add_empty(std::int64_t sequence, std::int64_t timestamp);
    // Judges what is through; `all`: everything but the last, unfinished picture.
    void settle(std::int64_t now_us, bool all = false);

    const PictureView& view() const { return view_; }
    // Starts a new second for the highest layers.
    void begin_second() { second_temporal_ = 0; }

  private:
    static constexpr std::int64_t kSettle_us = 200'000;
    struct Picture {
        std::int64_t first_us = 0;
        std::int64_t low = INT64_MAX, high = INT64_MIN;  // sequence
        std::int64_t marker_at = INT64_MIN;
        std::uint32_t packets = 0, markers = 0;
        bool key = false, marker_optional = true;
        std::vector<FrameFacts> frames;
    };

    void judge(std::int64_t timestamp, const Picture& picture, const Picture* next);
    void judge_markers(std::int64_t timestamp, const Picture& picture, const Picture* next);
    void judge_references(const Picture& picture);
    void judge_numbers(const Picture& picture, bool contiguous);
    void note(const Picture& picture);

    FaultLog& faults_;
    std::map<std::int64_t, Picture> open_;  // by extended timestamp
    std::unordered_set<std::int64_t> received_;
    std::vector<std::int64_t> received_order_;
    std::int64_t newest_sequence_ = -1, newest_timestamp_ = -1, judged_timestamp_ = -1;
    std::int64_t judged_high_ = INT64_MIN;
    std::int64_t last_picture_id_ = -1;
    int last_tl0_ = -1;
    bool begun_ = false;
    std::uint8_t second_temporal_ = 0;
    PictureView view_;
};

}  // namespace strata::gen

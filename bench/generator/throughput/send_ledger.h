#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "bench/generator/journal.h"
#include "bench/generator/layer_bit.h"
#include "bench/generator/stamp.h"
#include "relay/svc/layers.h"

namespace strata::gen {

// What one publisher sent in the last while, found by the stamp in O(1), and how much of it each
// fixed set of layers is owed since a trial began. Bounded. Thread: the load's.
class SendLedger {
  public:
    struct Frame {
        std::uint32_t ordinal = UINT32_MAX;
        std::uint32_t stream = 0;  // SSRC as published
        std::uint16_t wanted = 0;  // SentFrame::wanted
        std::uint8_t encoding = 0;
    };

    void note(const Stamp& stamp, const SentFrame& frame, std::int64_t now_us);
    // The frame that a packet with this stamp is of. Null: not sent, or long ago.
    const Frame* frame(const Stamp& stamp) const;
    std::int64_t sent_us(const Stamp& stamp) const;

    // A trial counts packets of frames that begin from now on, until end_trial.
    void begin_trial(std::int64_t next_frame);
    void end_trial(std::int64_t next_frame) { end_ = static_cast<std::uint32_t>(next_frame); }
    bool in_trial(std::uint32_t ordinal) const { return ordinal - begin_ < end_ - begin_; }
    // Packets of the trial that a receiver with that target is owed.
    std::uint64_t owed(const relay::LayerTarget& target) const;

  private:
    static constexpr std::size_t kWindow = 16'384;  // frames, and packets of an encoding
    static constexpr std::size_t kSets = kLayerLimit * kLayerLimit;

    std::vector<Frame> frames_ = std::vector<Frame>(kWindow);
    std::array<std::vector<std::int64_t>, relay::kMaxEncodings> sent_us_;
    std::uint32_t begin_ = 0, end_ = 0;  // frames of the trial
    std::array<std::array<std::uint64_t, kSets>, relay::kMaxEncodings> owed_{};
};

// The layer set that a target stands for.
std::uint16_t target_bit(const relay::LayerTarget& target);

}  // namespace strata::gen

#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/generator/faults.h"
#include "bench/generator/journal.h"
#include "relay/svc/layers.h"

namespace strata::gen {

struct LayerCheckTimes {
    std::int64_t grace_us = 500'000;     // a changed target may take this long to reach the relay
    std::int64_t settle_us = 1'500'000;  // from a legal switch point to the target's layers
    std::int64_t late_us = 1'000'000;    // a packet later than this is missing
    std::int64_t silence_us = 200'000;   // a layer not sent for this long has gone (C4: 250 ms)
};

// What became of one change of target.
struct TargetChange {
    relay::LayerTarget target;
    std::string text;
    std::int64_t since_us = 0;
    std::int64_t reached_us = -1;  // a frame of the target's highest layers came; -1: not yet
};

// Compares what one receiver got with what its track's publisher sent and what the receiver asks
// for.
//
// A target is *settled* from the first frame of its highest layers that the old target wouldn't
// have let through; a lowered one in full SVC once the grace is over. From then on exactly the
// frames of its fixed layer set belong to the receiver: one that is missing is incomplete, any
// other is of a wrong layer. Before, anything up to the higher of both is right, and after a key
// picture of the target's encoding the target must settle (C1 to C3). When the publisher stops
// sending the layer, it is open again until the layer is back (C4, C15). Frames are judged in the
// order they were sent, late_us after it.
class LayerCheck {
  public:
    LayerCheck(const Journal& journal, FaultLog& faults, const LayerCheckTimes& times)
        : journal_(journal), faults_(faults), times_(times) {}

    void set_target(std::int64_t now_us, const relay::LayerTarget& target, const std::string& text);
    // A new packet (no duplicate) of frame `ordinal`.
    void on_packet(std::int64_t now_us, std::int64_t ordinal);
    // Judges every frame that was sent late_us ago or earlier.
    void judge(std::int64_t now_us);
    // The rest, at the end of a run: frames sent before `until_us`.
    void judge_until(std::int64_t until_us);

    // Highest spatial layer that the latest target may get; 0 without one.
    std::uint8_t wanted_spatial() const {
        return changes_.empty() ? 0 : top_spatial(changes_.back().target);
    }
    const std::vector<TargetChange>& changes() const { return changes_; }
    std::uint64_t judged_frames() const { return judged_; }
    std::uint64_t wanted_frames() const { return wanted_; }

  private:
    struct Got {
        std::uint32_t packets = 0;
        std::int64_t first_us = 0;
    };
    // What holds for frames sent from `changes_[at].since_us` on.
    struct Phase {
        bool settled = false;
        bool complained = false;
        std::int64_t settled_us = 0;
        std::int64_t deadline_us = -1;  // by when it has to be settled
        std::int64_t last_top_us = -1;  // its highest spatial layer was last sent
    };

    void enter_phases(std::int64_t sent_us);
    void judge_frame(const SentFrame& frame, const Got* got);
    void watch_silence(const SentFrame& frame);
    bool settles(const SentFrame& frame) const;
    void judge_settled(const SentFrame& frame, const Got* got);
    void judge_open(const SentFrame& frame, const Got* got);
    bool wanted_by(const SentFrame& frame, const relay::LayerTarget& target) const;
    std::uint8_t top_spatial(const relay::LayerTarget& target) const;
    std::uint8_t top_temporal(const relay::LayerTarget& target) const;
    std::string say(const SentFrame& frame) const;

    const Journal& journal_;
    FaultLog& faults_;
    LayerCheckTimes times_;
    std::vector<TargetChange> changes_;
    std::unordered_map<std::int64_t, Got> got_;
    std::int64_t next_ = 0;  // ordinal to be judged
    int at_ = -1;            // phase in force, index into changes_
    bool independent_layers_ = false;
    Phase phase_;
    std::uint64_t judged_ = 0, wanted_ = 0;
};

}  // namespace strata::gen

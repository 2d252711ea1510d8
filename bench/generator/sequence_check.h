#pragma once

#include <cstdint>
#include <vector>

#include "relay/rtp/sequence.h"

namespace strata::gen {

// Sequence numbers of one received stream: what is missing, came twice or came late.
class SequenceCheck {
  public:
    // `window`: numbers remembered. A packet later than that counts as one that came once.
    explicit SequenceCheck(std::size_t window = 16'384) : seen_(window, -1) {}

    struct Verdict {
        std::int64_t extended = 0;
        bool duplicate = false;
        bool late = false;         // after a later number
        bool jump = false;         // the numbering starts anew here
        std::int64_t missing = 0;  // numbers left out right before this one
    };
    Verdict add(std::uint16_t sequence);

    bool begun() const { return begun_; }
    std::uint64_t received() const { return received_; }  // without duplicates
    std::uint64_t duplicates() const { return duplicates_; }
    std::uint64_t reordered() const { return reordered_; }
    std::uint64_t jumps() const { return jumps_; }
    // Numbers up to the highest that haven't come so far.
    std::uint64_t lost() const { return expected() - received_; }
    std::uint64_t expected() const;
    // Low 32 bits of what a report block calls extended highest sequence number.
    std::uint32_t highest() const { return static_cast<std::uint32_t>(highest_); }

  private:
    static constexpr std::int64_t kMaxDropout = 3'000, kMaxMisorder = 8'192;

    void begin_at(std::int64_t extended);

    relay::SequenceUnwrapper unwrapper_;
    std::int64_t offset_ = 0;  // added after backward jumps: extended numbers never go back
    std::vector<std::int64_t> seen_;
    bool begun_ = false;
    std::int64_t first_ = 0, highest_ = 0;
    std::uint64_t expected_before_ = 0;  // of the numberings that ended in a jump
    std::uint64_t received_ = 0, duplicates_ = 0, reordered_ = 0, jumps_ = 0;
};

}  // namespace strata::gen

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "relay/rtp/types.h"

namespace strata::relay {

// How often one receiver is sent the same packet again (C27): a few times, and not within a round
// trip, since what it asks for may be under way. Remembers the newest numbers that were asked for;
// one that lies kEntries or more behind another in its place is refused, so that nothing a receiver
// sends makes it forget. The owning worker only.
class RepeatLimit {
  public:
    static constexpr std::size_t kEntries = 128;
    // No history is as long: after that, the number means another packet.
    static constexpr TimeUs kForgetUs = 5'000'000;

    enum class Verdict : std::uint8_t {
        allowed,   // and counted as sent now
        too_soon,  // sent less than a round trip ago
        too_often,
    };
    Verdict take(SequenceNumber sequence, std::uint8_t most, TimeUs round_trip_us, TimeUs now) {
        Entry& entry = entries_[sequence.value % kEntries];
        const bool fresh = entry.times == 0 || now - entry.at >= kForgetUs;
        if (!fresh && entry.sequence != sequence) {
            if (!sequence.ahead_of(entry.sequence)) return Verdict::too_often;
        } else if (!fresh) {
            if (entry.times >= most) return Verdict::too_often;
            if (now - entry.at < round_trip_us) return Verdict::too_soon;
            entry.at = now;
            ++entry.times;
            return Verdict::allowed;
        }
        if (most == 0) return Verdict::too_often;
        entry = {sequence, 1, now};
        return Verdict::allowed;
    }

  private:
    struct Entry {
        SequenceNumber sequence;
        std::uint8_t times = 0;  // 0: never used
        TimeUs at = 0;
    };
    std::array<Entry, kEntries> entries_{};
};

}  // namespace strata::relay

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "relay/svc/continuation.h"

namespace strata::dataplane {

// What the SSRCs of one receiving peer were sent last, after the subscriptions that used them have
// ended. A meeting's slot keeps its SSRC and changes its source: the next subscription goes on from
// here, on whatever track (C10, C21). Allocates only when it is made.
class EndedLegs {
  public:
    // Of `capacity` SSRCs; beyond that the one that ended first is forgotten.
    explicit EndedLegs(std::size_t capacity = 0) { entries_.resize(capacity); }

    void keep(std::uint32_t ssrc, const relay::Continuation& last) {
        if (entries_.empty() || !last.ever) return;
        auto entry = std::ranges::find(entries_, ssrc, &Entry::ssrc);
        if (entry == entries_.end()) {
            entry = entries_.begin() + static_cast<std::ptrdiff_t>(next_);
            next_ = (next_ + 1) % entries_.size();
        }
        *entry = {ssrc, last};
        entry->last.encoding = relay::Continuation::kNoEncoding;  // another track's mean nothing
    }
    // Without `ever` where the SSRC isn't known.
    relay::Continuation find(std::uint32_t ssrc) const {
        const auto same = std::ranges::find(entries_, ssrc, &Entry::ssrc);
        return same == entries_.end() ? relay::Continuation{} : same->last;
    }

  private:
    struct Entry {
        std::uint32_t ssrc = 0;
        relay::Continuation last;
    };
    std::vector<Entry> entries_;
    std::size_t next_ = 0;
};

}  // namespace strata::dataplane

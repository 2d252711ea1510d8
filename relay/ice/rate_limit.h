#pragma once

#include <algorithm>
#include <cstdint>

#include "relay/rtp/types.h"

namespace strata::relay {

// So many events per second, and as many at once as one second allows. A rate of 0 lets nothing by.
class RateLimit {
  public:
    explicit RateLimit(std::uint32_t per_second) : per_second_(per_second) {}

    // True: one more is within the limit, and counted.
    bool take(TimeUs now) {
        if (full_ || now - since_ >= kSecondUs)
            credit_ = std::int64_t{per_second_} * kSecondUs;
        else if (now > since_)
            credit_ += (now - since_) * per_second_;
        credit_ = std::min(credit_, std::int64_t{per_second_} * kSecondUs);
        full_ = false;
        since_ = std::max(since_, now);
        if (credit_ < kSecondUs) return false;
        credit_ -= kSecondUs;
        return true;
    }

  private:
    static constexpr std::int64_t kSecondUs = 1'000'000;
    std::uint32_t per_second_;
    bool full_ = true;
    std::int64_t credit_ = 0;  // events times a million
    TimeUs since_ = 0;
};

}  // namespace strata::relay

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

namespace strata::relay {

// The slow, obvious reading of C16 and C17 for one group: everything is kept, counted anew each
// time.
class NumberModel {
  public:
    // The same answers as NumberMap::forward and drop, as long as nothing is forgotten.
    std::optional<std::int64_t> forward(std::int64_t n) {
        if (decided_.contains(n)) return std::nullopt;
        decided_.insert(n);
        given_out_up_to_ = std::max(given_out_up_to_, n);
        given_[number(n)] = n;
        return number(n);
    }
    std::optional<std::int64_t> drop(std::int64_t n) {
        if (decided_.contains(n)) return std::nullopt;
        decided_.insert(n);
        if (n > given_out_up_to_) {
            closed_up_.insert(n);
            return std::nullopt;
        }
        given_[number(n)] = n;
        return number(n);
    }
    void freeze_before(std::int64_t n) { given_out_up_to_ = std::max(given_out_up_to_, n - 1); }

    // n - dropped(n)
    std::int64_t number(std::int64_t n) const {
        std::int64_t dropped = 0;
        for (const std::int64_t k : closed_up_) dropped += k <= n ? 1 : 0;
        return n - dropped;
    }
    std::int64_t expected(std::int64_t n) const { return number(n - 1) + 1; }

    const std::map<std::int64_t, std::int64_t>& given() const { return given_; }
    bool decided(std::int64_t n) const { return decided_.contains(n); }
    std::int64_t given_out_up_to() const { return given_out_up_to_; }

  private:
    std::set<std::int64_t> decided_, closed_up_;
    std::map<std::int64_t, std::int64_t>
        given_;  // number: n, forwarded or closed by an empty packet
    std::int64_t given_out_up_to_ = -1;
};

}  // namespace strata::relay

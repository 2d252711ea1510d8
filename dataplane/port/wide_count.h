#pragma once

#include <cstdint>

namespace strata::dataplane {

// A counter of somebody else's that has 32 bits and wraps, as one that doesn't: as long as it is
// looked at before it has come round.
class WideCount {
  public:
    void see(std::uint32_t now) { total_ += now - static_cast<std::uint32_t>(total_); }
    std::uint64_t total() const { return total_; }

  private:
    std::uint64_t total_ = 0;
};

}  // namespace strata::dataplane

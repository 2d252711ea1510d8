#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/worker/fanout.h"

namespace strata::dataplane {

// Exactly `size` bytes, in pieces that are the same for each receiver; a call of memcpy costs more
// than copying a few.
class PayloadCopy {
  public:
    PayloadCopy(const std::uint8_t* from, std::size_t size)
        : from_(from),
          size_(size),
          blocks_(size < kPiece || size > kTinyPayloadMax ? 0 : (size - 1) / kBlock * kBlock),
          last_(size - kPiece),
          before_last_(std::min(blocks_, last_)) {}

    [[gnu::always_inline]] void write(std::uint8_t* to) const {
        if (size_ < kPiece || size_ > kTinyPayloadMax) [[unlikely]] {
            std::memcpy(to, from_, size_);
            return;
        }
        for (std::size_t at = 0; at < blocks_; at += kBlock)
            std::memcpy(to + at, from_ + at, kBlock);
        // One or two pieces are left; of one, both copy the same.
        std::memcpy(to + before_last_, from_ + before_last_, kPiece);
        std::memcpy(to + last_, from_ + last_, kPiece);
    }

  private:
    static constexpr std::size_t kPiece = 16, kBlock = 2 * kPiece;
    const std::uint8_t* from_;
    std::size_t size_, blocks_, last_, before_last_;
};

}  // namespace strata::dataplane

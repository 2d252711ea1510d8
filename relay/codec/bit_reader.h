#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace strata::relay {

// Reads bits, most significant first. Reading past the end gives zeros and makes the reader invalid
// for good, so that a parser reads straight down and asks ok() once.
class BitReader {
  public:
    explicit BitReader(std::span<const std::uint8_t> bytes)
        : data_(bytes.data()), size_bits_(bytes.size() * 8) {}

    // `count` bits, 0..32.
    std::uint32_t read(unsigned count) {
        if (count > size_bits_ - position_) return invalidate();
        if (count == 0) return 0;
        const std::size_t last = (position_ + count - 1) / 8;
        std::uint64_t window = 0;  // at most 5 bytes
        for (std::size_t i = position_ / 8; i <= last; ++i) window = window << 8 | data_[i];
        position_ += count;
        const std::size_t unused = (last + 1) * 8 - position_;
        return static_cast<std::uint32_t>((window >> unused) & ((std::uint64_t{1} << count) - 1));
    }

    bool read_bit() {
        if (position_ >= size_bits_) return invalidate() != 0;
        const bool bit = (data_[position_ / 8] >> (7 - position_ % 8) & 1) != 0;
        ++position_;
        return bit;
    }

    // ns(n) of the AV1 specification, section 4.10.7: a value in 0..n-1 that takes floor(log2(n))
    // or one more bits. `n` is 1..2^31 - 1.
    std::uint32_t read_non_symmetric(std::uint32_t n) {
        const auto width = static_cast<unsigned>(std::bit_width(n));
        const std::uint32_t short_codes = (std::uint32_t{1} << width) - n;
        const std::uint32_t value = read(width - 1);
        if (value < short_codes) return value;
        return (value << 1) - short_codes + read(1);
    }

    void skip(std::size_t count) {
        if (count > size_bits_ - position_)
            invalidate();
        else
            position_ += count;
    }

    bool ok() const { return ok_; }
    // Bits read so far; the size once invalid.
    std::size_t position() const { return position_; }
    std::size_t remaining() const { return size_bits_ - position_; }
    // A parser's own verdict, such as a value out of range.
    std::uint32_t invalidate() {
        ok_ = false;
        position_ = size_bits_;
        return 0;
    }

  private:
    const std::uint8_t* data_;
    std::size_t size_bits_;
    std::size_t position_ = 0;
    bool ok_ = true;
};

}  // namespace strata::relay

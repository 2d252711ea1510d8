#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "relay/codec/bit_reader.h"

namespace strata::relay {

// Writes bits, most significant first, into a caller's buffer. Writing past its end makes the
// writer invalid and writes nothing more. Bits behind the last one written in its byte are zero;
// bytes behind it are untouched.
class BitWriter {
  public:
    explicit BitWriter(std::span<std::uint8_t> bytes)
        : data_(bytes.data()), size_bits_(bytes.size() * 8) {}

    // The low `count` bits of `value`, 0..32.
    void write(std::uint32_t value, unsigned count) {
        if (!ok_ || count > size_bits_ - position_) {
            ok_ = false;
            return;
        }
        while (count > 0) {
            const unsigned used = position_ % 8;
            const unsigned take = count < 8 - used ? count : 8 - used;
            const auto bits = static_cast<std::uint8_t>(
                (value >> (count - take) & ((1u << take) - 1)) << (8 - used - take));
            std::uint8_t& byte = data_[position_ / 8];
            byte = used == 0 ? bits : static_cast<std::uint8_t>(byte | bits);
            position_ += take;
            count -= take;
        }
    }

    void write_bit(bool bit) { write(bit, 1); }

    // ns(n), see BitReader. `value` is below `n`.
    void write_non_symmetric(std::uint32_t value, std::uint32_t n) {
        const auto width = static_cast<unsigned>(std::bit_width(n));
        const std::uint32_t short_codes = (std::uint32_t{1} << width) - n;
        if (value < short_codes)
            write(value, width - 1);
        else
            write(value + short_codes, width);
    }

    // Copies bits [begin, end) of `source`.
    void copy(std::span<const std::uint8_t> source, std::size_t begin, std::size_t end) {
        BitReader reader(source);
        reader.skip(begin);
        if (end < begin || end - begin > reader.remaining()) {
            ok_ = false;
            return;
        }
        for (std::size_t left = end - begin; left > 0;) {
            const unsigned take = left < 32 ? static_cast<unsigned>(left) : 32;
            write(reader.read(take), take);
            left -= take;
        }
    }

    bool ok() const { return ok_; }
    std::size_t position() const { return position_; }
    std::size_t size_bytes() const { return (position_ + 7) / 8; }

  private:
    std::uint8_t* data_;
    std::size_t size_bits_;
    std::size_t position_ = 0;
    bool ok_ = true;
};

}  // namespace strata::relay

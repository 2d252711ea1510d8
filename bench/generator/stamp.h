#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace strata::gen {

// The check pattern at the end of every synthetic payload, 32 bytes, big endian:
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |                     magic                                     |
//   |                     stream                                    |
//   |                     frame                                     |
//   |   encoding    |  spatial |temporal|        packet             |
//   |                     send time, monotonic µs                   |
//   |                                                               |
//   |                     sum of the above, xor size of the body     |
//   |                     magic, inverted                           |
//
// It stands at the end because relays rewrite what stands in front.
struct Stamp {
    std::uint32_t stream = 0;  // SSRC as published
    std::uint32_t frame = 0;   // SentFrame::ordinal, low bits
    std::uint8_t encoding = 0, spatial_id = 0, temporal_id = 0;
    std::uint16_t packet = 0;  // of the frame
    std::int64_t sent_us = 0;
};
constexpr std::size_t kStampSize = 32;

// Fills `payload` from `from` on with bytes drawn from the stamp, and its end with the stamp. The
// body lies between `from` and the stamp. Needs kStampSize bytes behind `from`.
void write_stamp(const Stamp& stamp, std::span<std::uint8_t> payload, std::size_t from);

enum class StampError : std::uint8_t { none, absent, damaged };
// Reads the stamp at the end of `content`, which begins at or before the stamped part.
StampError read_stamp(std::span<const std::uint8_t> content, Stamp& stamp);
// The stamp alone, not the body in front of it: for checks of every packet at high rates.
StampError peek_stamp(std::span<const std::uint8_t> content, Stamp& stamp);

}  // namespace strata::gen

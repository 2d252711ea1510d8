#pragma once

#include <compare>
#include <cstdint>

// The integers of RTP that must never be mixed up, each a type of its own. Wrap-aware comparison
// lives here and in sequence.h only.
namespace strata::relay {

// A wrapping counter of T's width; `ahead_of` is serial number arithmetic (RFC 1982), with half the
// range as the horizon.
template <typename T, typename Tag>
struct Wrapping {
    using Value = T;
    T value = 0;

    friend constexpr bool operator==(Wrapping, Wrapping) = default;

    // True when this one comes after `other`, by less than half the range.
    constexpr bool ahead_of(Wrapping other) const {
        const T distance = static_cast<T>(value - other.value);
        return distance != 0 && distance < static_cast<T>(T{1} << (sizeof(T) * 8 - 1));
    }
    constexpr Wrapping operator+(T n) const { return {static_cast<T>(value + n)}; }
    constexpr Wrapping operator-(T n) const { return {static_cast<T>(value - n)}; }
    // Distance forward from `other`, modulo the range.
    constexpr T operator-(Wrapping other) const { return static_cast<T>(value - other.value); }
};

using SequenceNumber = Wrapping<std::uint16_t, struct SequenceNumberTag>;  // RFC 3550 section 5.1
using RtpTimestamp = Wrapping<std::uint32_t, struct RtpTimestampTag>;      // RFC 3550 section 5.1

// Synchronisation source, RFC 3550 section 3.
struct Ssrc {
    std::uint32_t value = 0;
    friend constexpr auto operator<=>(Ssrc, Ssrc) = default;
};

using SpatialId = std::uint8_t;   // 0..7; 0 is the smallest picture
using TemporalId = std::uint8_t;  // 0..7; 0 is the lowest frame rate

// Microseconds of the caller's monotonic clock. Never read here: always an argument.
using TimeUs = std::int64_t;
constexpr TimeUs kUsPerSecond = 1'000'000;

}  // namespace strata::relay

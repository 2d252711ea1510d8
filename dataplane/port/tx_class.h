#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace strata::dataplane {

// What a packet is worth when a port can't keep up: upper layers go first, audio last. `upper` and
// all values above it are upper layers; of two the one with the greater value goes first.
enum class TxClass : std::uint8_t { audio, base, upper };

// As far as a queue tells them apart that doesn't look at layers.
constexpr std::size_t kTxClasses = 3;
// How much of a queue's room and waiting time each may use, in percent: audio, base, upper.
constexpr std::array<std::uint32_t, kTxClasses> kTxShare{100, 90, 75};
// How long those at the head may have waited, in percent of max_wait_us, when a packet is admitted
// behind them: while more comes than goes out it will wait longer than they have.
constexpr std::array<std::uint32_t, kTxClasses> kTxPatience{100, 50, 15};
constexpr std::size_t tx_group(TxClass c) {
    return c < TxClass::upper ? static_cast<std::size_t>(c) : kTxClasses - 1;
}

// Of a packet of this layer: what others need has a smaller value than they have. The base layer of
// the smallest encoding is `base`.
constexpr TxClass layer_class(unsigned encoding, unsigned spatial, unsigned temporal) {
    constexpr unsigned kMost = 3;  // beyond that layers are one
    const auto capped = [](unsigned value) { return value < kMost ? value : kMost; };
    return static_cast<TxClass>(1 + capped(encoding) * 16 + capped(spatial) * 4 + capped(temporal));
}
constexpr TxClass kHighestTxClass = layer_class(3, 3, 3);
constexpr std::size_t kTxLevels = static_cast<std::size_t>(kHighestTxClass) + 1;

}  // namespace strata::dataplane

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "control/room/error.h"
#include "control/room/records.h"

namespace strata::control {

// "S1T2", "T1", "max", "none", and on a track with several encodings "q:T2" or "0:max" (index where
// there is no rid). "max" alone is the largest encoding, "none" needs no encoding.
Result<relay::LayerTarget> parse_layers(std::string_view text, std::span<const Encoding> encodings);

// The shortest text that parse_layers reads back as `target`.
std::string layers_text(const relay::LayerTarget& target, std::span<const Encoding> encodings);

// Both layer numbers always written out: "S1T2", "q:S0T2", "none".
std::string exact_layers_text(const relay::LayerTarget& target,
                              std::span<const Encoding> encodings);

}  // namespace strata::control

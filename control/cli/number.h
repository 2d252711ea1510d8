#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "control/cli/cli_error.h"

namespace strata::control::cli {

// A whole number below 2^32, decimal or with 0x in front. `what` is named in the error. Ranges are
// the control plane's to check.
Result<std::uint32_t> parse_u32(const std::string& text, std::string_view what);

// Seconds with decimals, from 0.1 to 3600, in milliseconds.
Result<std::uint32_t> parse_seconds_ms(const std::string& text, std::string_view what);

}  // namespace strata::control::cli

#pragma once

#include <cstdint>
#include <string>

namespace strata::control {

// Now, in milliseconds of Unix time.
std::int64_t unix_ms();

// Milliseconds of Unix time as RFC 3339: "2026-01-31T12:00:00.250Z".
std::string timestamp_text(std::int64_t unix_ms);

}  // namespace strata::control

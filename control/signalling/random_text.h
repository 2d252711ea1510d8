#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace strata::control {

// `length` characters of letters, digits, '-' and '_', each worth six bits of the system's
// cryptographic randomness. Ends the process where there is none: nothing secret can be made then.
std::string random_text(std::size_t length);
// The same of ice-chars: '+' and '/' in place of '-' and '_' (RFC 8839 section 5.4).
std::string random_ice_text(std::size_t length);

std::uint64_t random_number();

}  // namespace strata::control

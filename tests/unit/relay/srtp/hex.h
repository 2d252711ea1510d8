#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace strata::relay {

// Bytes from hexadecimal digits; anything else between them is skipped.
inline std::vector<std::uint8_t> from_hex(std::string_view text) {
    std::vector<std::uint8_t> out;
    unsigned value = 0, digits = 0;
    for (const char c : text) {
        const std::string_view all = "0123456789abcdef";
        const auto at = all.find(static_cast<char>(c | 0x20));
        if (c == ' ' || c == '\n' || at == std::string_view::npos) continue;
        value = value << 4 | static_cast<unsigned>(at);
        if (++digits % 2 == 0) out.push_back(static_cast<std::uint8_t>(value));
    }
    return out;
}

}  // namespace strata::relay

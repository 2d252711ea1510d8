#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace strata::relay {

// Bytes written in hexadecimal; spaces and line ends are skipped.
inline std::vector<std::uint8_t> hex_bytes(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    int high = -1;
    for (const char c : text) {
        const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) continue;
        if (high < 0) {
            high = digit;
            continue;
        }
        bytes.push_back(static_cast<std::uint8_t>(high << 4 | digit));
        high = -1;
    }
    return bytes;
}

// Calls visit(bytes) with `whole` cut at every length, in a buffer of exactly that length so that
// AddressSanitizer sees any read beyond it, then with every byte of it changed in 8 ways.
template <typename Visit>
void for_each_mutation(const std::vector<std::uint8_t>& whole, Visit visit) {
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        const std::vector<std::uint8_t> cut(whole.begin(),
                                            whole.begin() + static_cast<std::ptrdiff_t>(size));
        visit(cut);
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const int value : {0, 1, 0x0F, 0x7F, 0x80, 0xF0, 0xFE, 0xFF}) {
            std::vector<std::uint8_t> changed = whole;
            changed[at] = static_cast<std::uint8_t>(value);
            visit(changed);
            changed[at] = static_cast<std::uint8_t>(whole[at] ^ value);
            visit(changed);
        }
    }
}

}  // namespace strata::relay

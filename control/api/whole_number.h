#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace strata::control {

// `text`, all of it, as a decimal number. Nullopt: it is none, or too large for a Number.
template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

}  // namespace strata::control

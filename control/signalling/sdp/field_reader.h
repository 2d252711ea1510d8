#pragma once

#include <charconv>
#include <optional>
#include <string_view>

// Small pieces of lines.
namespace strata::control::sdp {

// Takes the next piece off `text`, up to `separator` or its end; several spaces are one.
inline std::string_view take(std::string_view& text, char separator = ' ') {
    const std::size_t end = text.find(separator);
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    while (separator == ' ' && text.starts_with(' ')) text.remove_prefix(1);
    return piece;
}

// All of `text` as a number from `lowest` to `highest`.
template <typename Number>
std::optional<Number> number(std::string_view text, Number lowest, Number highest) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (value < lowest || value > highest) return std::nullopt;
    return value;
}

}  // namespace strata::control::sdp

#include "control/cli/number.h"

#include <charconv>

namespace strata::control::cli {
namespace {

template <typename Number, typename... Base>
bool parse_all(std::string_view text, Number& value, Base... base) {
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, base...);
    return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Result<std::uint32_t> parse_u32(const std::string& text, std::string_view what) {
    std::uint32_t value = 0;
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view digits = std::string_view(text).substr(hexadecimal ? 2 : 0);
    if (!parse_all(digits, value, hexadecimal ? 16 : 10)) {
        return usage_error(std::string(what) + ": found \"" + text +
                           "\", expected a whole number from 0 to 4294967295");
    }
    return value;
}

Result<std::uint32_t> parse_seconds_ms(const std::string& text, std::string_view what) {
    double seconds = 0;
    if (!parse_all(text, seconds) || !(seconds >= 0.1 && seconds <= 3600)) {
        return usage_error(std::string(what) + ": found \"" + text +
                           "\", expected seconds from 0.1 to 3600");
    }
    return static_cast<std::uint32_t>(seconds * 1000 + 0.5);
}

}  // namespace strata::control::cli

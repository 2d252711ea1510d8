#include "control/signalling/sdp/description.h"

#include <algorithm>
#include <cctype>

namespace strata::control::sdp {
namespace {

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::optional<std::string> format_parameter(std::string_view parameters, std::string_view name) {
    while (!parameters.empty()) {
        const std::size_t end = std::min(parameters.find(';'), parameters.size());
        const std::string_view one = trimmed(parameters.substr(0, end));
        parameters.remove_prefix(std::min(end + 1, parameters.size()));
        const std::size_t equals = one.find('=');
        const std::string_view key = one.substr(0, std::min(equals, one.size()));
        const bool same = std::ranges::equal(key, name, [](unsigned char a, unsigned char b) {
            return std::tolower(a) == std::tolower(b);
        });
        if (same) return std::string(equals == one.npos ? "" : one.substr(equals + 1));
    }
    return std::nullopt;
}

bool is_ice_text(std::string_view text, std::size_t lowest) {
    return text.size() >= lowest && text.size() <= 256 &&
           std::ranges::all_of(
               text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '/'; });
}

}  // namespace strata::control::sdp

#include "control/dtls/fingerprint.h"

namespace strata::control {
namespace {

std::optional<unsigned> digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

}  // namespace

std::string fingerprint_text(const Fingerprint& fingerprint) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string text;
    for (const std::uint8_t byte : fingerprint) {
        if (!text.empty()) text += ':';
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
    Fingerprint fingerprint{};
    if (text.size() != fingerprint.size() * 3 - 1) return std::nullopt;
    for (std::size_t i = 0; i < fingerprint.size(); ++i) {
        const auto high = digit(text[3 * i]), low = digit(text[3 * i + 1]);
        const bool separated = i + 1 == fingerprint.size() || text[3 * i + 2] == ':';
        if (!high || !low || !separated) return std::nullopt;
        fingerprint[i] = static_cast<std::uint8_t>(*high << 4 | *low);
    }
    return fingerprint;
}

}  // namespace strata::control

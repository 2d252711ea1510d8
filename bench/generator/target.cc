#include "bench/generator/target.h"

#include <string>

namespace strata::gen {
namespace {

// Takes `letter` and one digit off the front of `text`.
bool take_layer(std::string_view& text, char letter, std::uint8_t& value) {
    if (text.size() < 2 || text[0] != letter || text[1] < '0' || text[1] > '7') return false;
    value = static_cast<std::uint8_t>(text[1] - '0');
    text.remove_prefix(2);
    return true;
}

}  // namespace

std::optional<relay::LayerTarget> parse_target(std::string_view text,
                                               const TrackDescription& track) {
    relay::LayerTarget target;
    if (text == "none") {
        target.paused = true;
        return target;
    }
    std::string rid;
    if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
        rid = text.substr(0, colon);
        text.remove_prefix(colon + 1);
        if (rid.empty()) return std::nullopt;
    }
    const int encoding = track.encoding_of_rid(rid);
    if (encoding < 0) return std::nullopt;
    target.encoding = static_cast<std::uint8_t>(encoding);
    if (text == "max") return target;
    const bool spatial = take_layer(text, 'S', target.spatial);
    const bool temporal = take_layer(text, 'T', target.temporal);
    if (!text.empty() || (!spatial && !temporal)) return std::nullopt;
    return target;
}

}  // namespace strata::gen

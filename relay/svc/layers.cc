#include "relay/svc/layers.h"

namespace strata::relay {
namespace {

// Takes "<letter><digit>" with digit < limit from the front of `text`.
std::optional<std::uint8_t> take_layer(std::string_view& text, char letter, std::size_t limit) {
    if (text.size() < 2 || text[0] != letter || text[1] < '0' || text[1] > '9') return std::nullopt;
    const auto value = static_cast<std::uint8_t>(text[1] - '0');
    if (value >= limit) return std::nullopt;
    text.remove_prefix(2);
    return value;
}

}  // namespace

std::optional<LayerTarget> parse_layer_target(std::string_view text) {
    LayerTarget target;
    if (text == "max") return target;
    if (text == "none") {
        target.paused = true;
        return target;
    }
    if (text.empty()) return std::nullopt;
    if (const auto spatial = take_layer(text, 'S', kMaxSpatialLayers)) target.spatial = *spatial;
    if (const auto temporal = take_layer(text, 'T', kMaxTemporalLayers))
        target.temporal = *temporal;
    if (!text.empty()) return std::nullopt;
    return target;
}

}  // namespace strata::relay

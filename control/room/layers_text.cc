#include "control/room/layers_text.h"

#include <optional>

namespace strata::control {
namespace {

constexpr relay::SpatialId kTopSpatial = relay::kMaxSpatialLayers - 1;
constexpr relay::TemporalId kTopTemporal = relay::kMaxTemporalLayers - 1;

std::string encoding_name(std::span<const Encoding> encodings, std::size_t index) {
    if (index < encodings.size() && !encodings[index].rid.empty()) return encodings[index].rid;
    return std::to_string(index);
}

std::optional<std::size_t> find_encoding(std::string_view name,
                                         std::span<const Encoding> encodings) {
    for (std::size_t i = 0; i < encodings.size(); ++i)
        if (encoding_name(encodings, i) == name) return i;
    return std::nullopt;
}

std::unexpected<Error> invalid(std::string_view text, std::span<const Encoding> encodings) {
    std::string hint = "S0T0 to S3T3, S2, T1, max or none";
    if (encodings.size() > 1) {
        hint += ", after an encoding:";
        for (std::size_t i = 0; i < encodings.size(); ++i)
            hint += " " + encoding_name(encodings, i) + ":";
    }
    return refuse(ErrorCode::invalid_layers, "layers",
                  "'" + std::string(text.substr(0, 64)) + "' names no layers of this track",
                  std::move(hint));
}

// One letter and one digit at the front of `rest`, which loses them; nullopt: not there.
std::optional<std::uint8_t> take_layer(std::string_view& rest, char letter, std::uint8_t top) {
    if (rest.size() < 2 || rest[0] != letter || rest[1] < '0' || rest[1] > '0' + top)
        return std::nullopt;
    const auto value = static_cast<std::uint8_t>(rest[1] - '0');
    rest.remove_prefix(2);
    return value;
}

}  // namespace

Result<relay::LayerTarget> parse_layers(std::string_view text,
                                        std::span<const Encoding> encodings) {
    relay::LayerTarget target;
    target.encoding = static_cast<std::uint8_t>(encodings.size() - 1);
    std::string_view rest = text;
    const std::size_t colon = rest.find(':');
    if (colon != std::string_view::npos) {
        const auto encoding = find_encoding(rest.substr(0, colon), encodings);
        if (!encoding) return invalid(text, encodings);
        target.encoding = static_cast<std::uint8_t>(*encoding);
        rest.remove_prefix(colon + 1);
    }
    if (rest == "max") return target;
    if (rest == "none") {
        target.paused = true;
        return target;
    }
    if (colon == std::string_view::npos && encodings.size() > 1) return invalid(text, encodings);
    const auto spatial = take_layer(rest, 'S', kTopSpatial);
    const auto temporal = take_layer(rest, 'T', kTopTemporal);
    if (!rest.empty() || (!spatial && !temporal)) return invalid(text, encodings);
    if (spatial) target.spatial = *spatial;
    if (temporal) target.temporal = *temporal;
    return target;
}

std::string layers_text(const relay::LayerTarget& target, std::span<const Encoding> encodings) {
    const bool top = target.spatial == kTopSpatial && target.temporal == kTopTemporal;
    const bool largest = target.encoding + 1U == encodings.size();
    std::string text;
    if (encodings.size() > 1 && !(largest && (top || target.paused)))
        text = encoding_name(encodings, target.encoding) + ":";
    if (target.paused) return text + "none";
    if (top) return text + "max";
    if (target.spatial != kTopSpatial) text += "S" + std::to_string(target.spatial);
    if (target.temporal != kTopTemporal) text += "T" + std::to_string(target.temporal);
    return text;
}

std::string exact_layers_text(const relay::LayerTarget& target,
                              std::span<const Encoding> encodings) {
    if (target.paused) return "none";
    std::string text;
    if (encodings.size() > 1) text = encoding_name(encodings, target.encoding) + ":";
    return text + "S" + std::to_string(target.spatial) + "T" + std::to_string(target.temporal);
}

}  // namespace strata::control

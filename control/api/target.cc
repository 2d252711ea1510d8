#include "control/api/target.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "dataplane/api/config/nearest.h"

namespace strata::control {
namespace {

std::optional<std::string> decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        unsigned value = 0;
        const char* end = text.data() + i + 3;
        const auto [stop, error] = std::from_chars(text.data() + i + 1, end, value, 16);
        if (error != std::errc{} || stop != end || value == 0) return std::nullopt;
        out += static_cast<char>(value);
        i += 2;
    }
    return out;
}

// Calls take(part) for each part between separators; false as soon as one is refused.
template <typename Take>
bool split(std::string_view text, char separator, Take take) {
    while (true) {
        const std::size_t end = text.find(separator);
        if (!take(text.substr(0, end))) return false;
        if (end == std::string_view::npos) return true;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
    const auto bad = [&](std::string detail) {
        return refuse(ErrorCode::bad_request, "", std::move(detail), "see /v1/openapi.yaml");
    };
    if (!text.starts_with('/')) return bad("the target is no absolute path");
    const std::size_t question = text.find('?');
    Target target;
    const bool path_ok = split(text.substr(1, question - 1), '/', [&](std::string_view part) {
        auto segment = decode(part);
        if (segment) target.path.push_back(std::move(*segment));
        return segment.has_value();
    });
    if (!path_ok) return bad("the path is not percent-encoded properly");
    if (question == std::string_view::npos || question + 1 == text.size()) return target;
    std::string repeated;
    const bool query_ok = split(text.substr(question + 1), '&', [&](std::string_view part) {
        const std::size_t equals = part.find('=');
        auto name = decode(part.substr(0, equals));
        auto value =
            decode(equals == std::string_view::npos ? std::string_view{} : part.substr(equals + 1));
        if (!name || !value) return false;
        if (!target.query.emplace(*name, std::move(*value)).second) repeated = *name;
        return true;
    });
    if (!query_ok) return bad("the query is not percent-encoded properly");
    if (!repeated.empty())
        return refuse(ErrorCode::invalid_query, repeated, "the parameter is given twice");
    return target;
}

Result<void> check_query(const Target& target, std::initializer_list<std::string_view> known) {
    const std::vector<std::string_view> names(known);
    for (const auto& [name, value] : target.query) {
        if (std::ranges::find(names, name) != names.end()) continue;
        const auto nearest = api::nearest(name, names);
        std::string hint = names.empty() ? "it takes none" : "known here:";
        for (const std::string_view n : names) hint.append(" ").append(n);
        if (!nearest.empty()) hint = "did you mean '" + std::string(nearest) + "'?";
        return refuse(ErrorCode::invalid_query, name.substr(0, 64),
                      "'" + name.substr(0, 64) + "' is not a parameter of this resource", hint);
    }
    return {};
}

}  // namespace strata::control

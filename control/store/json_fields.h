#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "control/room/member.h"

// What the codecs of stored values share.
namespace strata::control {

// Null or not there: `fallback`. Another type throws.
template <typename T>
T field(const nlohmann::json& object, const char* name, T fallback) {
    const auto it = object.find(name);
    return it == object.end() || it->is_null() ? fallback : it->get<T>();
}

inline nlohmann::json extensions_json(const Extensions& extensions) {
    nlohmann::json object = nlohmann::json::object();
    for (const auto& [id, uri] : extensions) object[std::to_string(id)] = uri;
    return object;
}

inline Extensions extensions_of(const nlohmann::json& object) {
    Extensions extensions;
    if (!object.contains("extensions")) return extensions;
    for (const auto& [id, uri] : object.at("extensions").items())
        extensions[static_cast<std::uint8_t>(std::stoul(id))] = uri.get<std::string>();
    return extensions;
}

}  // namespace strata::control

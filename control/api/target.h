#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control/room/error.h"

namespace strata::control {

// A request target taken apart: "/v1/tracks?room=a%20b" → {"v1", "tracks"}, {room: "a b"}.
struct Target {
    std::vector<std::string> path;
    std::map<std::string, std::string> query;

    // Empty where it isn't given.
    std::string parameter(const std::string& name) const {
        const auto it = query.find(name);
        return it == query.end() ? std::string() : it->second;
    }
};

// Refuses what isn't an absolute path, broken percent-encoding, and a parameter given twice.
Result<Target> parse_target(std::string_view target);

// Refuses parameters that the resource doesn't have, with the nearest as the hint.
Result<void> check_query(const Target& target, std::initializer_list<std::string_view> known);

}  // namespace strata::control

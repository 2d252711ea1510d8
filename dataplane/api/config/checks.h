#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dataplane/api/config/config.h"

namespace strata::api {

// A contradiction between several keys, each of which is right by itself. The key named is the one
// to change first.
struct Contradiction {
    std::string key;
    std::string message;
};

std::vector<Contradiction> contradictions(const Config& config);

}  // namespace strata::api

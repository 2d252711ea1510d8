#pragma once

#include <string>

#include "dataplane/api/config/config.h"

namespace strata::api {

// The configuration as a file that parses back to it, each key with its text, range and unit above
// it. docs/strata.toml is that of the defaults.
std::string as_toml(const Config& config);

// The same as one JSON object of sections.
std::string as_json(const Config& config);

// The tables of docs/configuration.md: every key with its type, default and text.
std::string as_markdown();

}  // namespace strata::api

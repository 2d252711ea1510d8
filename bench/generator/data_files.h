#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace strata::gen {

// JSON files that come with strata-gen, found beside the program as built or installed. `kind`:
// "profiles" or "presets"; a folder in $STRATA_GEN_PROFILES or $STRATA_GEN_PRESETS comes first.

// `name` is a file or one of those that come along. Throws FileError, with the names there are.
nlohmann::json load_data_file(const std::string& kind, const std::string& name);
std::vector<std::string> data_file_names(const std::string& kind);

}  // namespace strata::gen

#pragma once

#include <string>

namespace strata::control::cli {

// The bash completion script, made from the commands. control/cli/strata.bash is what this gives.
std::string bash_completion();

}  // namespace strata::control::cli

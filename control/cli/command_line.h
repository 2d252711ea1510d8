#pragma once

#include <span>
#include <string>
#include <vector>

#include "control/cli/cli_error.h"
#include "control/cli/command.h"
#include "control/cli/session.h"

namespace strata::control::cli {

// What a command line comes to: a command with its values, or a text to print (help).
struct Invocation {
    const Command* command = nullptr;  // null: print `text`
    Values values;
    GlobalOptions options;
    std::string text;
};

// `typed`, without the program's name. What people type for a known word
// is taken for it (as_called); unknown ones come back with the nearest known one.
// `terminal`: standard output is one. Reads STRATA_API, STRATA_CONFIG and NO_COLOR.
Result<Invocation> parse_command_line(const std::vector<std::string>& typed, bool terminal);

// The check of words before CLI11 sees them, which can't say what was meant.
Result<void> check_words(const std::vector<std::string>& words);

}  // namespace strata::control::cli

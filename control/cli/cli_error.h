#pragma once

#include <expected>
#include <string>

namespace strata::control::cli {

// What the process exits with. Documented in docs/cli.md; never renumbered.
enum class ExitCode : int {
    kOk = 0,
    kRefused = 1,      // the control plane refused the request, or a node isn't healthy
    kUsage = 2,        // the command line is wrong; nothing was sent
    kNotFound = 3,     // what was named doesn't exist
    kConflict = 4,     // it exists already, or contradicts what exists
    kUnreachable = 5,  // no control plane, or its answer can't be understood
    kConfig = 78,      // the configuration file is wrong
};

struct CliError {
    ExitCode exit_code = ExitCode::kRefused;
    std::string code;     // stable word for programs: "not-found", "usage", "unreachable"
    std::string message;  // empty: everything has been said on standard output
    std::string hint;     // what would help; may be empty
};

template <typename Value>
using Result = std::expected<Value, CliError>;

std::unexpected<CliError> usage_error(std::string message, std::string hint = {});

// One error as people read it ("strata: …" and a line with the hint), or as one line of JSON.
// Control characters of foreign text are replaced.
std::string error_text(const CliError& error);
std::string error_json(const CliError& error);

}  // namespace strata::control::cli

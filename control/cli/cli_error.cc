#include "control/cli/cli_error.h"

#include <nlohmann/json.hpp>

#include "control/cli/table.h"

namespace strata::control::cli {

std::unexpected<CliError> usage_error(std::string message, std::string hint) {
    return std::unexpected(
        CliError{ExitCode::kUsage, "usage", std::move(message), std::move(hint)});
}

std::string error_text(const CliError& error) {
    if (error.message.empty()) return {};
    // Each line of a configuration error begins with its own file name.
    if (error.exit_code == ExitCode::kConfig) return error.message;
    std::string text = "strata: " + printable(error.message) + "\n";
    if (!error.hint.empty()) text += "  hint: " + printable(error.hint) + "\n";
    return text;
}

std::string error_json(const CliError& error) {
    if (error.message.empty()) return {};
    nlohmann::ordered_json json = {{"error",
                                    {{"code", error.code},
                                     {"exit", static_cast<int>(error.exit_code)},
                                     {"message", error.message},
                                     {"hint", error.hint}}}};
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace strata::control::cli

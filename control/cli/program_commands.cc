#include <nlohmann/json.hpp>
#include <ostream>

#include "control/cli/command.h"
#include "control/cli/completion.h"
#include "control/cli/session.h"

namespace strata::control::cli {
namespace {

Result<void> bash(Session& session, const Values&) {
    session.out() << bash_completion();
    return {};
}

Result<void> version(Session& session, const Values&) {
    if (session.as_json()) {
        session.print(Json{{"version", STRATA_VERSION}});
    } else {
        session.out() << "strata " STRATA_VERSION "\n";
    }
    return {};
}

}  // namespace

std::vector<Command> program_commands() {
    return {
        {"completion",
         "bash",
         "Print the completion script for bash",
         {},
         {},
         {"completion bash > /etc/bash_completion.d/strata"},
         bash},
        {"version", "", "Print the version of this program", {}, {}, {"version"}, version},
    };
}

}  // namespace strata::control::cli

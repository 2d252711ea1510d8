#include <nlohmann/json.hpp>
#include <ostream>

#include "control/cli/command.h"
#include "control/cli/session.h"
#include "dataplane/api/config/config.h"
#include "dataplane/api/config/render.h"
#include "dataplane/api/config/tcp_addresses.h"

namespace strata::control::cli {
namespace {

std::unexpected<CliError> config_error(const api::ConfigError& error) {
    return std::unexpected(CliError{ExitCode::kConfig, "config", error.text(), {}});
}

Result<void> check(Session& session, const Values& values) {
    const std::string file = values.get("FILE");
    const auto config = api::load_config(file);
    if (!config) return config_error(config.error());
    const std::vector<std::string> warnings = api::warnings(*config);
    if (session.as_json()) {
        session.print(Json{{"ok", file}, {"warnings", warnings}});
        return {};
    }
    for (const std::string& warning : warnings)
        session.out() << file << ": warning: " << warning << "\n";
    session.print_done(file + ": ok", "ok", file);
    return {};
}

Result<void> show_config(Session& session, const Values& values) {
    api::Config config;
    if (!values.has("--defaults")) {
        const std::string file = values.has("FILE") ? values.get("FILE") : session.options().config;
        auto loaded = api::load_program_config(file);
        if (!loaded) return config_error(loaded.error());
        config = *std::move(loaded);
    }
    session.out() << (session.as_json() ? api::as_json(config) : api::as_toml(config));
    return {};
}

Result<void> keys(Session& session, const Values&) {
    session.out() << (session.as_json() ? api::as_json(api::Config{}) : api::as_markdown());
    return {};
}

}  // namespace

std::vector<Command> config_commands() {
    return {
        {"config",
         "check",
         "Check a configuration file without starting anything: exits with 78 where it is wrong, "
         "warns "
         "where it won't do what it seems to be meant for",
         {{"FILE", "a TOML file", Names::kFile}},
         {},
         {"config check /etc/strata/strata.toml"},
         check},
        {"config",
         "show",
         "Show what a configuration comes to: every key, with what it is and what is possible",
         {{"FILE", "a TOML file (default: that of --config)", Names::kFile, false}},
         {{"--defaults", "", "the defaults instead"}},
         {"config show", "config show --defaults", "config show strata.toml -o json"},
         show_config},
        {"config", "keys", "List all keys as tables in Markdown", {}, {}, {"config keys"}, keys},
    };
}

}  // namespace strata::control::cli

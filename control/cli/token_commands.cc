#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "control/cli/command.h"
#include "control/cli/session.h"
#include "control/signalling/token.h"
#include "dataplane/api/config/config.h"

namespace strata::control::cli {
namespace {

// "90", "90s", "10m", "8h", "30d" in seconds.
Result<std::int64_t> duration_s(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view unit(end, text.data() + text.size());
    const std::int64_t factor = unit.empty() || unit == "s" ? 1
                                : unit == "m"               ? 60
                                : unit == "h"               ? 3600
                                : unit == "d"               ? 86400
                                                            : 0;
    constexpr std::int64_t kLongest = 366;  // of any unit's days
    if (error == std::errc{} && factor != 0 && value > 0 && value <= kLongest * 86400 / factor)
        return value * factor;
    return usage_error("--ttl: '" + text + "' is no lifetime", "such as 600, 90s, 10m, 8h or 30d");
}

Result<std::set<Right>> rights_of(const std::string& text) {
    std::set<Right> rights;
    std::istringstream words(text);
    for (std::string word; std::getline(words, word, ',');) {
        bool known = false;
        for (const Right right : {Right::publish, Right::subscribe, Right::admin}) {
            if (word != right_text(right)) continue;
            rights.insert(right);
            known = true;
        }
        if (!known)
            return usage_error("--rights: there is no right '" + word + "'",
                               "publish, subscribe, admin, with commas between them");
    }
    return rights;
}

std::unexpected<CliError> failed(const Error& error) {
    return std::unexpected(CliError{ExitCode::kConfig, std::string(error_code_text(error.code)),
                                    error.object + ": " + error.detail, error.hint});
}

Result<void> create_token(Session& session, const Values& values) {
    const auto config = api::load_program_config(session.options().config);
    if (!config)
        return std::unexpected(CliError{ExitCode::kConfig, "config", config.error().text(), {}});
    const api::AuthConfig& auth = config->auth;
    const std::string file = values.has("--key") ? values.get("--key") : auth.key_file;
    if (file.empty())
        return usage_error("there is no key to sign with",
                           "set auth.key_file in the configuration, or give --key");
    const auto rights = rights_of(values.get("--rights"));
    if (!rights) return std::unexpected(rights.error());
    const auto ttl = duration_s(values.has("--ttl") ? values.get("--ttl") : "1h");
    if (!ttl) return std::unexpected(ttl.error());
    if (*ttl > auth.token_lifetime_s)
        return usage_error(
            "--ttl: longer than is accepted",
            "at most " + std::to_string(auth.token_lifetime_s) + " s (auth.token_lifetime_s)");
    const auto key = load_token_key(auth, file);
    if (!key) return failed(key.error());
    const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count();
    const auto token = make_token({.subject = values.get("--subject"),
                                   .room = values.get("--room"),
                                   .rights = *rights,
                                   .expires_at_s = now + *ttl},
                                  *key, auth, now);
    if (!token) return failed(token.error());
    if (session.as_json())
        session.print(Json::object({{"token", *token}, {"expires_at_s", now + *ttl}}));
    else
        session.out() << *token << "\n";
    return {};
}

}  // namespace

std::vector<Command> token_commands() {
    return {
        {"token",
         "create",
         "Make a token for a publisher or a viewer, signed with the key of the configuration",
         {},
         {{"--room", "ROOM", "the room it is for; * for every room", Names::kRoom, true},
          {"--rights", "RIGHTS", "publish, subscribe, admin, with commas between them",
           Names::kNothing, true},
          {"--ttl", "TIME", "how long it is valid: 600, 90s, 10m, 8h, 30d (default: 1h)"},
          {"--subject", "NAME", "whom it is for (sub)"},
          {"--key", "FILE", "key to sign with, for EdDSA the private one (default: auth.key_file)",
           Names::kFile}},
         {"token create --room demo --rights publish",
          "token create --room demo --rights publish,subscribe --ttl 8h"},
         create_token}};
}

}  // namespace strata::control::cli

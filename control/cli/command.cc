#include "control/cli/command.h"

#include <array>
#include <iterator>

namespace strata::control::cli {
namespace {

constexpr std::array<Option, 7> kGlobalOptions = {{
    {"--api", "ADDRESS",
     "control plane: unix:PATH or http://127.0.0.1:PORT (default: $STRATA_API, else "
     "control.api_socket "
     "of the configuration)"},
    {"--socket", "PATH", "short for --api unix:PATH", Names::kFile},
    {"--config", "FILE",
     "configuration (default: $STRATA_CONFIG, else /etc/strata/strata.toml where it exists)",
     Names::kFile},
    {"--output", "FORMAT", "table for people, json for programs (default: table)"},
    {"--no-headers", "", "tables without their first line"},
    {"--color", "WHEN",
     "auto, always or never (default: auto, on a terminal unless NO_COLOR is set)"},
    {"--timeout", "SECONDS", "longest wait for an answer of the control plane (default: 10)"},
}};

constexpr std::array<Noun, 18> kNouns = {{
    {"room", "Rooms: who meets whom"},
    {"profile", "Room profiles: what rooms are for"},
    {"participant", "Participants of a room: one UDP peer each"},
    {"track", "Tracks: what participants send"},
    {"subscription", "Subscriptions: what participants receive, and which layers of it"},
    {"worker", "Workers of the data plane"},
    {"port", "Ports of the data plane"},
    {"drops", {}},
    {"stats", {}},
    {"capture", {}},
    {"trace", {}},
    {"health", {}},
    {"node", "This node: state of the data plane, limits and how often they were hit"},
    {"topology", {}},
    {"token", "Tokens that let publishers and viewers in"},
    {"config", "The configuration file: check it, show it"},
    {"completion", "Completion scripts for shells"},
    {"version", {}},
}};

std::vector<Command> joined() {
    std::vector<Command> all;
    for (auto* part :
         {room_commands, profile_commands, participant_commands, track_commands,
          subscription_commands, worker_commands, port_commands, node_commands, stats_commands,
          observe_commands, topology_commands, token_commands, config_commands, program_commands}) {
        std::vector<Command> commands = part();
        all.insert(all.end(), std::make_move_iterator(commands.begin()),
                   std::make_move_iterator(commands.end()));
    }
    return all;
}

}  // namespace

bool Values::has(std::string_view name) const { return !all(name).empty(); }

std::string Values::get(std::string_view name) const {
    const auto given = all(name);
    return given.empty() ? std::string{} : given.back();
}

std::span<const std::string> Values::all(std::string_view name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return {};
    return found->second;
}

std::string room_of(const Values& values) {
    return values.has("ROOM") ? values.get("ROOM") : values.get("--room");
}

Option room_option() {
    return {"--room", "ROOM", "where names are looked for (default: on the whole node)",
            Names::kRoom};
}

std::span<const Option> global_options() { return kGlobalOptions; }

std::span<const Noun> nouns() { return kNouns; }

const std::vector<Command>& commands() {
    static const std::vector<Command> all = joined();
    return all;
}

std::vector<std::string_view> verbs_of(std::string_view noun) {
    std::vector<std::string_view> verbs;
    for (const Command& command : commands()) {
        if (command.noun == noun && !command.verb.empty()) verbs.push_back(command.verb);
    }
    return verbs;
}

}  // namespace strata::control::cli

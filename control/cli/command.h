#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/cli/cli_error.h"

namespace strata::control::cli {

class Session;

// What a word on the command line names, for completion.
enum class Names : std::uint8_t {
    kNothing,
    kRoom,
    kProfile,
    kParticipant,
    kTrack,
    kSubscription,
    kFile
};

struct Argument {
    std::string_view name;  // "ROOM"
    std::string_view doc;
    Names names = Names::kNothing;
    bool required = true;
};

struct Option {
    std::string_view name;   // "--layers"
    std::string_view value;  // "LAYERS"; empty: a flag
    std::string_view doc;
    Names names = Names::kNothing;
    bool required = false;
    bool repeated = false;
};

// What was given, by the name of the argument or option.
class Values {
  public:
    bool has(std::string_view name) const;
    // Empty: not given.
    std::string get(std::string_view name) const;
    std::span<const std::string> all(std::string_view name) const;
    std::vector<std::string>& operator[](std::string_view name) {
        return values_[std::string(name)];
    }

  private:
    std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// The room given as argument or as --room; empty: none.
std::string room_of(const Values& values);

// The option that says in which room a participant's or track's name is looked for.
Option room_option();

using Handler = Result<void> (*)(Session& session, const Values& values);

// One thing that the program does: "room create", or "drops" with an empty verb.
struct Command {
    std::string_view noun;
    std::string_view verb;
    std::string_view doc;
    std::vector<Argument> arguments;
    std::vector<Option> options;
    std::vector<std::string_view> examples;  // without "strata " in front
    Handler handler = nullptr;
};

// Options that every command takes, anywhere on the line.
std::span<const Option> global_options();

// Nouns and what they are, in the order of the help.
struct Noun {
    std::string_view name;
    std::string_view doc;  // empty: its command's
};
std::span<const Noun> nouns();

// The whole program: what the parser, the help and the completion script are made from.
const std::vector<Command>& commands();

// The verbs of a noun; empty for a noun that is a command by itself.
std::vector<std::string_view> verbs_of(std::string_view noun);

// One function per group of nouns, each in the file of the same name.
std::vector<Command> room_commands();
std::vector<Command> profile_commands();
std::vector<Command> participant_commands();
std::vector<Command> token_commands();
std::vector<Command> track_commands();
std::vector<Command> subscription_commands();
std::vector<Command> worker_commands();
std::vector<Command> port_commands();
std::vector<Command> node_commands();
std::vector<Command> stats_commands();
std::vector<Command> observe_commands();
std::vector<Command> topology_commands();
std::vector<Command> config_commands();
std::vector<Command> program_commands();

}  // namespace strata::control::cli

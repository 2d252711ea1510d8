#include <algorithm>

#include "control/cli/command_line.h"
#include "control/cli/words.h"
#include "dataplane/api/config/nearest.h"

namespace strata::control::cli {
namespace {

using Known = std::vector<std::string_view>;

std::string listed(const Known& known) {
    std::string text;
    for (const std::string_view word : known)
        text += (text.empty() ? "" : ", ") + std::string(word);
    return text;
}

std::unexpected<CliError> unknown(const std::string& what, const std::string& word,
                                  const Known& known) {
    const std::string_view meant = api::nearest(word, known);
    return usage_error("unknown " + what + " \"" + word + "\"",
                       meant.empty() ? "there are " + listed(known)
                                     : "did you mean \"" + std::string(meant) + "\"?");
}

const Command* find_command(std::string_view noun, std::string_view verb) {
    const auto found =
        std::find_if(commands().begin(), commands().end(), [&](const Command& command) {
            return command.noun == noun && (command.verb.empty() || command.verb == verb);
        });
    return found == commands().end() ? nullptr : &*found;
}

Result<void> check_options(const Command* command, const Known& options) {
    Known known = {"--help"};
    for (const Option& option : global_options()) known.push_back(option.name);
    if (command != nullptr) {
        for (const Option& option : command->options) known.push_back(option.name);
    }
    for (const std::string_view option : options) {
        if (std::find(known.begin(), known.end(), option) == known.end()) {
            return unknown("option", std::string(option), known);
        }
    }
    return {};
}

}  // namespace

Result<void> check_words(const std::vector<std::string>& words) {
    const Words given = split(words);
    const bool help = asks_for_help(words);
    if (given.plain.empty()) {
        if (help || words.empty()) return {};
        return usage_error("no command", "`strata --help` shows what there is");
    }
    const std::string noun(given.plain[0]);
    Known known_nouns;
    for (const Noun& known : nouns()) known_nouns.push_back(known.name);
    if (std::find(known_nouns.begin(), known_nouns.end(), noun) == known_nouns.end()) {
        return unknown("command", noun, known_nouns);
    }
    const Known verbs = verbs_of(noun);
    if (!verbs.empty() && given.plain.size() < 2) {
        if (help) return {};
        return usage_error("what about " + noun + "?",
                           "strata " + noun + " takes " + listed(verbs));
    }
    const std::string_view verb = verbs.empty() ? std::string_view{} : given.plain[1];
    const Command* command = find_command(noun, verb);
    if (command == nullptr) return unknown(noun + " command", std::string(verb), verbs);
    if (auto checked = check_options(command, given.options); !checked) return checked;
    const std::size_t most = command->arguments.size() + (verbs.empty() ? 1 : 2);
    if (given.plain.size() > most) {
        return usage_error("unexpected argument \"" + std::string(given.plain[most]) + "\"",
                           "--help shows what this command takes");
    }
    return {};
}

}  // namespace strata::control::cli

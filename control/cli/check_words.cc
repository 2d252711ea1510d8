#include <algorithm>

#include "control/cli/command_line.h"
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

bool takes_value(std::span<const Option> options, std::string_view name) {
    return std::any_of(options.begin(), options.end(), [&](const Option& option) {
        return option.name == name && !option.value.empty();
    });
}

bool option_takes_value(std::string_view word) {
    if (word == "-o" || word == "-w" || takes_value(global_options(), word)) return true;
    return std::any_of(commands().begin(), commands().end(),
                       [&](const Command& command) { return takes_value(command.options, word); });
}

struct Words {
    Known plain;    // neither options nor their values
    Known options;  // "--name", without "=value"
};

Words split(const std::vector<std::string>& words) {
    Words out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (word == "--") break;
        if (word.size() > 1 && word[0] == '-') {
            const std::string_view name = word.substr(0, word.find('='));
            if (name.starts_with("--")) out.options.push_back(name);
            if (name == word && option_takes_value(word)) ++i;
        } else {
            out.plain.push_back(word);
        }
    }
    return out;
}

const Command* find_command(std::string_view noun, std::string_view verb) {
    const auto found =
        std::find_if(commands().begin(), commands().end(), [&](const Command& command) {
            return command.noun == noun && (command.verb.empty() || command.verb == verb);
        });
    return found == commands().end() ? nullptr : &*found;
}

Result<void> check_options(const Command* command, const Known& given) {
    Known known = {"--help"};
    for (const Option& option : global_options()) known.push_back(option.name);
    if (command != nullptr) {
        for (const Option& option : command->options) known.push_back(option.name);
    }
    for (const std::string_view option : given) {
        if (std::find(known.begin(), known.end(), option) == known.end()) {
            return unknown("option", std::string(option), known);
        }
    }
    return {};
}

}  // namespace

Result<void> check_words(const std::vector<std::string>& words) {
    const Words split_words = split(words);
    const bool help = std::find(words.begin(), words.end(), "--help") != words.end() ||
                      std::find(words.begin(), words.end(), "-h") != words.end();
    if (split_words.plain.empty()) {
        if (help || words.empty()) return {};
        return usage_error("no command", "`strata --help` shows what there is");
    }
    const std::string noun(split_words.plain[0]);
    Known known_nouns;
    for (const Noun& known : nouns()) known_nouns.push_back(known.name);
    if (std::find(known_nouns.begin(), known_nouns.end(), noun) == known_nouns.end()) {
        return unknown("command", noun, known_nouns);
    }
    const Known verbs = verbs_of(noun);
    if (!verbs.empty() && split_words.plain.size() < 2) {
        if (help) return {};
        return usage_error("what about " + noun + "?",
                           "strata " + noun + " takes " + listed(verbs));
    }
    const std::string_view verb = verbs.empty() ? std::string_view{} : split_words.plain[1];
    const Command* command = find_command(noun, verb);
    if (command == nullptr) return unknown(noun + " command", std::string(verb), verbs);
    if (auto checked = check_options(command, split_words.options); !checked) return checked;
    const std::size_t most = command->arguments.size() + (verbs.empty() ? 1 : 2);
    if (split_words.plain.size() > most) {
        return usage_error("unexpected argument \"" + std::string(split_words.plain[most]) + "\"",
                           "--help shows what this command takes");
    }
    return {};
}

}  // namespace strata::control::cli

#include "control/cli/words.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "control/cli/command.h"

namespace strata::control::cli {
namespace {

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

template <typename List>
bool contains(const List& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_noun(std::string_view word) {
    return std::any_of(nouns().begin(), nouns().end(),
                       [&](const Noun& noun) { return noun.name == word; });
}

std::string noun_meant(const std::string& word) {
    if (is_noun(word)) return word;
    if (word == "status") return "node";
    if (word.ends_with('s') && is_noun(word.substr(0, word.size() - 1)))
        return word.substr(0, word.size() - 1);
    return word;
}

// Other words for one thing; a noun has one of them.
constexpr std::array<std::array<std::string_view, 6>, 5> kAlike = {{
    {"list", "ls"},
    {"show", "get", "info", "describe"},
    {"add", "create", "publish", "new"},
    {"remove", "delete", "rm", "del"},
    {"neighbours", "neighbors", "neigh", "arp"},
}};

std::string verb_meant(const std::string& word, const std::vector<std::string_view>& verbs) {
    if (word.empty() || contains(verbs, word)) return word;
    for (const auto& alike : kAlike) {
        if (!contains(alike, word)) continue;
        for (const std::string_view verb : verbs)
            if (contains(alike, verb)) return std::string(verb);
    }
    return word;
}

// What a noun alone asks for: to see what there is.
std::optional<std::string_view> verb_of_noun_alone(std::string_view noun) {
    for (const std::string_view verb : {"list", "show"})
        for (const Command& command : commands()) {
            const bool bare = std::none_of(command.arguments.begin(), command.arguments.end(),
                                           [](const Argument& a) { return a.required; });
            if (command.noun == noun && command.verb == verb && bare) return verb;
        }
    return std::nullopt;
}

}  // namespace

Words split(const std::vector<std::string>& words) {
    Words out;
    for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
        const std::string_view word = words[i];
        if (word.size() > 1 && word[0] == '-') {
            const std::string_view name = word.substr(0, word.find('='));
            if (name.starts_with("--")) out.options.push_back(name);
            if (name == word && option_takes_value(word)) ++i;
        } else {
            out.plain.push_back(word);
            out.places.push_back(i);
        }
    }
    return out;
}

bool asks_for_help(const std::vector<std::string>& words) {
    return contains(words, "--help") || contains(words, "-h");
}

std::vector<std::string> as_called(std::vector<std::string> words) {
    std::vector<std::size_t> plain = split(words).places;
    if (plain.empty()) {
        for (std::string& word : words)
            if (word == "--version" || word == "-V") word = "version";
        return words;
    }
    if (words[plain[0]] == "help") {
        words.erase(words.begin() + static_cast<std::ptrdiff_t>(plain[0]));
        words.emplace_back("--help");
        plain = split(words).places;
        if (plain.empty()) return words;
    }
    std::string& noun = words[plain[0]];
    noun = noun_meant(noun);
    const std::vector<std::string_view> verbs = verbs_of(noun);
    if (verbs.empty()) return words;
    if (plain.size() > 1) {
        words[plain[1]] = verb_meant(words[plain[1]], verbs);
    } else if (!asks_for_help(words)) {
        if (const auto verb = verb_of_noun_alone(noun))
            words.insert(words.begin() + static_cast<std::ptrdiff_t>(plain[0]) + 1,
                         std::string(*verb));
    }
    return words;
}

}  // namespace strata::control::cli

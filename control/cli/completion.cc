#include "control/cli/completion.h"

#include <string_view>

#include "control/cli/command.h"

namespace strata::control::cli {
namespace {

constexpr std::string_view kHead =
    R"bash(# Bash completion for strata. Made by `strata completion bash`; not edited by hand.

# Names and ids come from the control plane; where there is none, nothing is offered.
_strata_names() {
    local where=() i
    for ((i = 1; i + 1 < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --api|--socket|--config) where+=("${COMP_WORDS[i]}" "${COMP_WORDS[i+1]}") ;;
        esac
    done
    local ask=("${COMP_WORDS[0]}" "${where[@]}" --no-headers --timeout 1)
    case $1 in
        participant) "${ask[@]}" participant list 2>/dev/null | awk '{print $1; print $2 "/" $3}' ;;
        *) "${ask[@]}" "$1" list 2>/dev/null | awk '{print $1}' ;;
    esac
}

_strata() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    local words=() i kind= verbs= options=
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            -o|-w|VALUE_OPTIONS) ((i++)) ;;
            -*) ;;
            *) words+=("${COMP_WORDS[i]}") ;;
        esac
    done
    case $before in
        -o|--output) COMPREPLY=($(compgen -W 'table json' -- "$word")); return ;;
        --color) COMPREPLY=($(compgen -W 'auto always never' -- "$word")); return ;;
OPTION_NAMES    esac
    case "${words[0]}" in
NOUN_VERBS    esac
    case "${words[0]} ${words[1]}" in
COMMAND_OPTIONS    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$options GLOBAL_OPTIONS" -- "$word"))
    elif ((${#words[@]} == 0)); then
        COMPREPLY=($(compgen -W 'NOUNS' -- "$word"))
    elif ((${#words[@]} == 1)) && [[ -n $verbs ]]; then
        COMPREPLY=($(compgen -W "$verbs" -- "$word"))
    else
        case "${words[0]} ${words[1]} ${#words[@]}" in
ARGUMENT_NAMES        esac
        case $kind in
            '') ;;
            file) COMPREPLY=($(compgen -f -- "$word")) ;;
            *) COMPREPLY=($(compgen -W "$(_strata_names "$kind")" -- "$word")) ;;
        esac
    fi
}
complete -o filenames -F _strata strata
)bash";

std::string_view kind_of(Names names) {
    switch (names) {
        case Names::kRoom: return "room";
        case Names::kProfile: return "profile";
        case Names::kParticipant: return "participant";
        case Names::kTrack: return "track";
        case Names::kSubscription: return "subscription";
        case Names::kFile: return "file";
        case Names::kNothing: break;
    }
    return {};
}

void put(std::string& text, std::string_view mark, const std::string& value) {
    text.replace(text.find(mark), mark.size(), value);
}

// All options with a value, once each.
std::string joined_options(bool with_value_only, char separator) {
    std::string out;
    const auto add = [&](const Option& option) {
        const std::string name(option.name);
        const std::string one = separator + name + separator;
        if (with_value_only && option.value.empty()) return;
        if ((separator + out + separator).find(one) != std::string::npos) return;
        out += (out.empty() ? "" : std::string(1, separator)) + name;
    };
    for (const Option& option : global_options()) add(option);
    for (const Command& command : commands()) {
        for (const Option& option : command.options) add(option);
    }
    return out;
}

// "        --room) COMPREPLY=(…); return ;;" for the options whose values have names.
std::string option_names() {
    std::string out;
    for (const Names names :
         {Names::kRoom, Names::kProfile, Names::kParticipant, Names::kTrack, Names::kFile}) {
        std::string options;
        const auto add = [&](const Option& option) {
            const std::string name(option.name);
            if (option.names != names ||
                ("|" + options + "|").find("|" + name + "|") != std::string::npos) {
                return;
            }
            options += (options.empty() ? "" : "|") + name;
        };
        for (const Option& option : global_options()) add(option);
        for (const Command& command : commands()) {
            for (const Option& option : command.options) add(option);
        }
        const std::string words = names == Names::kFile ? "compgen -f"
                                                        : "compgen -W \"$(_strata_names " +
                                                              std::string(kind_of(names)) + ")\"";
        out += "        " + options + ") COMPREPLY=($(" + words + " -- \"$word\")); return ;;\n";
    }
    return out;
}

std::string noun_verbs() {
    std::string out;
    for (const Noun& noun : nouns()) {
        std::string verbs;
        for (const std::string_view verb : verbs_of(noun.name)) {
            verbs += (verbs.empty() ? "" : " ") + std::string(verb);
        }
        if (!verbs.empty())
            out += "        " + std::string(noun.name) + ") verbs='" + verbs + "' ;;\n";
    }
    return out;
}

// A pattern for "${words[0]} ${words[1]}": commands without a verb may have anything behind them.
std::string pattern_of(const Command& command) {
    return "'" + std::string(command.noun) + " " + std::string(command.verb) + "'" +
           (command.verb.empty() ? "*" : "");
}

std::string command_options() {
    std::string out;
    for (const Command& command : commands()) {
        std::string options;
        for (const Option& option : command.options) {
            options += (options.empty() ? "" : " ") + std::string(option.name);
        }
        if (!options.empty()) {
            out += "        " + pattern_of(command) + ") options='" + options + "' ;;\n";
        }
    }
    return out;
}

std::string argument_names() {
    std::string out;
    for (const Command& command : commands()) {
        std::size_t position = command.verb.empty() ? 1 : 2;
        for (const Argument& argument : command.arguments) {
            const std::string_view kind = kind_of(argument.names);
            const std::string words = std::string(command.noun) + " " + std::string(command.verb) +
                                      " " + std::to_string(position);
            if (!kind.empty()) {
                out += "            '" + words + "') kind=" + std::string(kind) + " ;;\n";
            }
            ++position;
        }
    }
    return out;
}

}  // namespace

std::string bash_completion() {
    std::string script(kHead);
    put(script, "VALUE_OPTIONS", joined_options(true, '|'));
    put(script, "OPTION_NAMES", option_names());
    put(script, "NOUN_VERBS", noun_verbs());
    put(script, "COMMAND_OPTIONS", command_options());
    put(script, "ARGUMENT_NAMES", argument_names());
    std::string global;
    for (const Option& option : global_options()) global += std::string(option.name) + " ";
    put(script, "GLOBAL_OPTIONS", global + "--help");
    std::string all;
    for (const Noun& noun : nouns()) all += (all.empty() ? "" : " ") + std::string(noun.name);
    put(script, "NOUNS", all);
    return script;
}

}  // namespace strata::control::cli

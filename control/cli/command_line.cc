// The only file that sees CLI11. Its parser is built from the table of commands.
#include "control/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "control/cli/number.h"
#include "control/cli/words.h"

namespace strata::control::cli {
namespace {

constexpr std::size_t kHelpColumn = 34;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string(value);
}

std::string examples_text(const std::vector<std::string_view>& examples) {
    std::string text;
    for (const std::string_view example : examples) {
        text += (text.empty() ? "Examples:\n  strata " : "\n  strata ") + std::string(example);
    }
    return text;
}

void add_option(CLI::App& app, const Option& option, Values& values) {
    const std::string name = option.name == "--output"  ? "-o,--output"
                             : option.name == "--write" ? "-w,--write"
                                                        : std::string(option.name);
    if (option.value.empty()) {
        app.add_flag_function(
            name, [&values, key = option.name](std::int64_t) { values[key] = {"true"}; },
            std::string(option.doc));
        return;
    }
    CLI::Option* added = app.add_option(name, values[option.name], std::string(option.doc));
    added->type_name(std::string(option.value))->expected(1)->allow_extra_args(false);
    added->required(option.required);
    added->multi_option_policy(option.repeated ? CLI::MultiOptionPolicy::TakeAll
                                               : CLI::MultiOptionPolicy::TakeLast);
}

void add_argument(CLI::App& app, const Argument& argument, Values& values) {
    app.add_option(std::string(argument.name), values[argument.name], std::string(argument.doc))
        ->type_name("")
        ->expected(1)
        ->allow_extra_args(false)
        ->required(argument.required);
}

struct Parser {
    CLI::App app{"strata: the operator's view of a Strata media relay"};
    std::vector<std::pair<CLI::App*, const Command*>> parts;

    explicit Parser(Values& values) {
        app.name("strata");
        app.get_formatter()->column_width(kHelpColumn);
        app.footer(
            "Examples:\n  strata room create demo\n  strata participant add demo alice\n"
            "  strata subscription set s31 --layers S1T2\n  strata stats --watch\n\n"
            "Each command has its own --help. Exit codes: 0 done, 1 refused, 2 usage, 3 not found, "
            "4 conflict,\n5 control plane unreachable, 78 configuration.");
        for (const Option& option : global_options()) add_option(app, option, values);
        for (const Noun& noun : nouns()) add_noun(noun, values);
        app.require_subcommand(1);
    }

    void add_noun(const Noun& noun, Values& values) {
        CLI::App* group = app.add_subcommand(std::string(noun.name), std::string(noun.doc));
        group->fallthrough();
        std::string footer;
        for (const Command& command : commands()) {
            if (command.noun != noun.name) continue;
            CLI::App* part = group;
            if (!command.verb.empty()) {
                part = group->add_subcommand(std::string(command.verb), std::string(command.doc));
                part->fallthrough();
                group->require_subcommand(1);
                footer += (footer.empty() ? "Examples:\n  strata " : "\n  strata ") +
                          std::string(command.examples.front());
            }
            fill(*part, command, values);
        }
        if (!footer.empty()) group->footer(footer);
    }

    void fill(CLI::App& part, const Command& command, Values& values) {
        part.description(std::string(command.doc));
        part.footer(examples_text(command.examples));
        for (const Argument& argument : command.arguments) add_argument(part, argument, values);
        for (const Option& option : command.options) add_option(part, option, values);
        parts.emplace_back(&part, &command);
    }

    const Command* chosen() const {
        for (const auto& [part, command] : parts) {
            if (part->parsed()) return command;
        }
        return nullptr;
    }
};

// Options that are one of a few words.
Result<void> set_format(GlobalOptions& options, const Values& values) {
    const std::string format = values.get("--output");
    if (format == "json") {
        options.format = Format::kJson;
    } else if (!format.empty() && format != "table") {
        return usage_error("--output: found \"" + format + "\", expected table or json");
    }
    return {};
}

Result<void> set_colour(GlobalOptions& options, const Values& values, bool terminal) {
    const std::string when = values.get("--color");
    if (when.empty() || when == "auto") {
        options.style.colour = terminal && environment("NO_COLOR").empty();
    } else if (when == "always" || when == "never") {
        options.style.colour = when == "always";
    } else {
        return usage_error("--color: found \"" + when + "\", expected auto, always or never");
    }
    return {};
}

Result<GlobalOptions> global_options_of(const Values& values, bool terminal) {
    GlobalOptions options;
    options.api = values.has("--socket") ? "unix:" + values.get("--socket") : values.get("--api");
    options.config = values.get("--config");
    // What is said on the command line goes before the environment, the address before the file.
    if (options.api.empty() && options.config.empty()) options.api = environment("STRATA_API");
    if (options.config.empty()) options.config = environment("STRATA_CONFIG");
    options.style.headers = !values.has("--no-headers");
    options.redraw = terminal;
    if (auto set = set_format(options, values); !set) return std::unexpected(set.error());
    if (auto set = set_colour(options, values, terminal); !set) return std::unexpected(set.error());
    if (values.has("--timeout")) {
        const auto timeout_ms = parse_seconds_ms(values.get("--timeout"), "--timeout");
        if (!timeout_ms) return std::unexpected(timeout_ms.error());
        options.timeout_ms = static_cast<int>(*timeout_ms);
    }
    return options;
}

// CLI11 reads from the back.
std::vector<std::string> reversed(const std::vector<std::string>& words) {
    return {words.rbegin(), words.rend()};
}

}  // namespace

Result<Invocation> parse_command_line(const std::vector<std::string>& typed, bool terminal) {
    const std::vector<std::string> words = as_called(typed);
    if (auto checked = check_words(words); !checked) return std::unexpected(checked.error());
    Invocation invocation;
    Parser parser(invocation.values);
    try {
        parser.app.parse(words.empty() ? std::vector<std::string>{"--help"} : reversed(words));
    } catch (const CLI::CallForHelp&) {
        invocation.text = parser.app.help();
        return invocation;
    } catch (const CLI::ParseError& error) {
        return usage_error(error.what(), "--help shows what this command takes");
    }
    auto options = global_options_of(invocation.values, terminal);
    if (!options) return std::unexpected(options.error());
    invocation.options = *std::move(options);
    invocation.command = parser.chosen();
    return invocation;
}

}  // namespace strata::control::cli

#include "control/cli/command_line.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "source_folders.h"

namespace strata::control::cli {
namespace {

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

Result<Invocation> parse(const std::string& line, bool terminal = false) {
    return parse_command_line(words_of(line), terminal);
}

std::string error_of(const std::string& line) {
    const auto invocation = parse(line);
    if (invocation) return "accepted";
    EXPECT_EQ(invocation.error().exit_code, ExitCode::kUsage) << line;
    return error_text(invocation.error());
}

TEST(CommandLine, ArgumentsAndOptions) {
    const auto given = parse("subscription set s31 --layers S1T2");
    ASSERT_TRUE(given) << given.error().message;
    EXPECT_EQ(given->command->noun, "subscription");
    EXPECT_EQ(given->command->verb, "set");
    EXPECT_EQ(given->values.get("SUBSCRIPTION"), "s31");
    EXPECT_EQ(given->values.get("--layers"), "S1T2");
    EXPECT_FALSE(given->values.has("--room"));
}

TEST(CommandLine, GlobalOptionsMayStandAnywhere) {
    for (const char* line : {"-o json --socket /s room list", "room -o json list --socket /s",
                             "room list --socket=/s --output=json"}) {
        const auto given = parse(line);
        ASSERT_TRUE(given) << line << ": " << given.error().message;
        EXPECT_EQ(given->options.format, Format::kJson) << line;
        EXPECT_EQ(given->options.api, "unix:/s") << line;
    }
}

TEST(CommandLine, OneValuePerOptionAndRepeatedOnesCollect) {
    const auto given = parse("track publish --ssrc 1 --ssrc 2 alice --codec VP8 --codec VP9");
    ASSERT_TRUE(given) << given.error().message;
    EXPECT_EQ(given->values.all("--ssrc").size(), 2u);
    EXPECT_EQ(given->values.get("PARTICIPANT"), "alice");
    EXPECT_EQ(given->values.get("--codec"), "VP9");  // the last one holds
}

TEST(CommandLine, Defaults) {
    unsetenv("STRATA_API");
    unsetenv("STRATA_CONFIG");
    const auto given = parse("drops");
    ASSERT_TRUE(given);
    EXPECT_EQ(given->options.api, "");
    EXPECT_EQ(given->options.format, Format::kTable);
    EXPECT_TRUE(given->options.style.headers);
    EXPECT_FALSE(given->options.style.colour);
    EXPECT_EQ(given->options.timeout_ms, 10000);
    EXPECT_FALSE(parse("drops --no-headers")->options.style.headers);
    EXPECT_EQ(parse("drops --timeout 0.5")->options.timeout_ms, 500);
}

TEST(CommandLine, EnvironmentBelowOptions) {
    setenv("STRATA_API", "unix:/env", 1);
    EXPECT_EQ(parse("drops")->options.api, "unix:/env");
    EXPECT_EQ(parse("drops --socket /s")->options.api, "unix:/s");
    EXPECT_EQ(parse("drops --config /c")->options.api, "");
    unsetenv("STRATA_API");
    setenv("STRATA_CONFIG", "/env.toml", 1);
    EXPECT_EQ(parse("drops")->options.config, "/env.toml");
    EXPECT_EQ(parse("drops --config /c")->options.config, "/c");
    unsetenv("STRATA_CONFIG");
}

TEST(CommandLine, ColourOnTerminalsOnly) {
    unsetenv("NO_COLOR");
    EXPECT_TRUE(parse("drops", true)->options.style.colour);
    EXPECT_FALSE(parse("drops --color never", true)->options.style.colour);
    EXPECT_TRUE(parse("drops --color always", false)->options.style.colour);
    setenv("NO_COLOR", "1", 1);
    EXPECT_FALSE(parse("drops", true)->options.style.colour);
    unsetenv("NO_COLOR");
}

TEST(CommandLine, UnknownWordsAndTheNearest) {
    EXPECT_EQ(error_of("rom list"),
              "strata: unknown command \"rom\"\n  hint: did you mean \"room\"?\n");
    EXPECT_EQ(error_of("room lst"),
              "strata: unknown room command \"lst\"\n  hint: did you mean \"list\"?\n");
    EXPECT_EQ(error_of("room frobnicate"),
              "strata: unknown room command \"frobnicate\"\n  hint: there are create, list, show, "
              "delete\n");
    EXPECT_EQ(error_of("room list --outptu json"),
              "strata: unknown option \"--outptu\"\n  hint: did you mean \"--output\"?\n");
    EXPECT_EQ(error_of("profile rest meeting"),
              "strata: unknown profile command \"rest\"\n  hint: did you mean \"reset\"?\n");
    EXPECT_EQ(error_of("subscription set s1 --layer S1"),
              "strata: unknown option \"--layer\"\n  hint: did you mean \"--layers\"?\n");
}

TEST(CommandLine, WhatPeopleTypeForIt) {
    for (const auto& [typed, called] : std::vector<std::pair<std::string, std::string>>{
             {"rooms", "room list"},
             {"-o json rooms", "room list"},
             {"room", "room list"},
             {"room ls", "room list"},
             {"room rm demo", "room delete demo"},
             {"rooms add demo", "room create demo"},
             {"participant del p1", "participant remove p1"},
             {"tracks get t1", "track show t1"},
             {"track add alice --codec VP8", "track publish alice --codec VP8"},
             {"ports", "port list"},
             {"worker describe 0", "worker show 0"},
             {"port neighbors", "port neighbours"},
             {"node", "node show"},
             {"status --timeout 2", "node show"},
             {"config", "config show"},
             {"--version", "version"},
             {"-V", "version"}}) {
        const auto meant = parse(called), given = parse(typed);
        ASSERT_TRUE(meant) << called;
        ASSERT_TRUE(given) << typed << ": " << given.error().message;
        EXPECT_EQ(given->command, meant->command) << typed;
        for (const Argument& argument : given->command->arguments)
            EXPECT_EQ(given->values.get(argument.name), meant->values.get(argument.name)) << typed;
    }
    EXPECT_EQ(parse("-o json rooms")->options.format, Format::kJson);
    for (const auto& [typed, called] : std::vector<std::pair<std::string, std::string>>{
             {"help", "--help"},
             {"help room", "room --help"},
             {"help room create", "room create --help"},
             {"rooms --help", "room --help"},
             {"room ls -h", "room list --help"}})
        EXPECT_EQ(parse(typed)->text, parse(called)->text) << typed;
    // Names are never taken for words.
    EXPECT_EQ(parse("room show rooms")->values.get("ROOM"), "rooms");
    EXPECT_EQ(parse("participant list --room ls")->values.get("--room"), "ls");
    EXPECT_EQ(error_of("help rom"),
              "strata: unknown command \"rom\"\n  hint: did you mean \"room\"?\n");
}

TEST(CommandLine, TooFewAndTooMany) {
    EXPECT_EQ(error_of("token"), "strata: what about token?\n  hint: strata token takes create\n");
    EXPECT_EQ(error_of("-o json"),
              "strata: no command\n  hint: `strata --help` shows what there is\n");
    EXPECT_EQ(error_of("room create"),
              "strata: ROOM is required\n  hint: --help shows what this command takes\n");
    EXPECT_EQ(error_of("profile set"),
              "strata: PROFILE is required\n  hint: --help shows what this command takes\n");
    EXPECT_EQ(error_of("subscription set s1"),
              "strata: --layers is required\n  hint: --help shows what this command takes\n");
    EXPECT_EQ(error_of("room create a b"),
              "strata: unexpected argument \"b\"\n  hint: --help shows what this command takes\n");
    EXPECT_EQ(error_of("drops x"),
              "strata: unexpected argument \"x\"\n  hint: --help shows what this command takes\n");
    EXPECT_NE(error_of("room list -o"), "accepted");
    EXPECT_NE(error_of("room list -x"), "accepted");
}

TEST(CommandLine, WordsOfAFewPossible) {
    EXPECT_EQ(error_of("drops -o yaml"),
              "strata: --output: found \"yaml\", expected table or json\n");
    EXPECT_EQ(error_of("drops --color sometimes"),
              "strata: --color: found \"sometimes\", expected auto, always or never\n");
    EXPECT_EQ(error_of("drops --timeout 0"),
              "strata: --timeout: found \"0\", expected seconds from 0.1 to 3600\n");
}

TEST(CommandLine, HelpAtEveryLevelHasExamples) {
    for (const Command& command : commands()) {
        const std::string line =
            std::string(command.noun) + " " + std::string(command.verb) + " --help";
        const auto given = parse(line);
        ASSERT_TRUE(given) << line;
        EXPECT_EQ(given->command, nullptr);
        EXPECT_NE(given->text.find("Examples:\n  strata "), std::string::npos) << line;
        EXPECT_NE(given->text.find(std::string(command.doc)), std::string::npos) << line;
    }
    for (const Noun& noun : nouns()) {
        EXPECT_NE(parse(std::string(noun.name) + " --help")->text.find("Examples:"),
                  std::string::npos);
    }
    EXPECT_NE(parse("--help")->text.find("Examples:"), std::string::npos);
    EXPECT_EQ(parse("")->text, parse("--help")->text);
}

TEST(Commands, ExamplesAreRight) {
    for (const Command& command : commands()) {
        EXPECT_FALSE(command.examples.empty());
        for (const std::string_view example : command.examples) {
            const auto given = parse(std::string(example.substr(0, example.find_first_of(">|"))));
            ASSERT_TRUE(given) << example << ": " << given.error().message;
            EXPECT_EQ(given->command, &command) << example;
        }
    }
}

TEST(Commands, ThePageNamesEveryOne) {
    std::ifstream in(STRATA_CLI_SOURCE "/../../docs/cli.md");
    std::ostringstream page;
    page << in.rdbuf();
    for (const Command& command : commands()) {
        std::string words = "`" + std::string(command.noun);
        if (!command.verb.empty()) words += " " + std::string(command.verb);
        EXPECT_NE(page.str().find(words), std::string::npos) << words;
        for (const Option& option : command.options) {
            EXPECT_NE(page.str().find(std::string(option.name)), std::string::npos) << option.name;
        }
    }
}

TEST(Commands, EveryNounHasOne) {
    for (const Noun& noun : nouns()) {
        const bool found =
            std::any_of(commands().begin(), commands().end(),
                        [&](const Command& command) { return command.noun == noun.name; });
        EXPECT_TRUE(found) << noun.name;
    }
}

}  // namespace
}  // namespace strata::control::cli

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "dataplane/api/config/config.h"
#include "dataplane/api/config/render.h"

namespace strata::api {
namespace {

std::string problems_of(std::string_view text) {
    const auto config = parse_config(text, "t.toml");
    return config ? "accepted" : config.error().text();
}

TEST(ReadConfig, NothingWrittenMeansDefaults) {
    const auto config = parse_config("", "t.toml");
    ASSERT_TRUE(config);
    EXPECT_EQ(as_toml(*config), as_toml(Config{}));
    EXPECT_EQ(config->dataplane.workers, 1u);
    EXPECT_EQ(config->dataplane.ports.at(0).text, "socket:127.0.0.1");
}

TEST(ReadConfig, EveryTypeIsRead) {
    const auto config = parse_config(R"(
        [node]
        name = "fra1-07"
        log_level = "warning"
        [dataplane]
        ports = ["socket:::1", "net_tap0,iface=dtk1;address=10.77.0.1/24;address=2001:db8::1/64;gateway=10.77.0.254;vlan=7"]
        public_addresses = ["10.77.0.1=198.51.100.7"]
        workers = 2
        cpus = [2, 4]
        idle = "busy"
        hugepages = true
        [control]
        api_socket = "/tmp/a.sock"
        api_socket_mode = 0o600
        api_tcp = ""
        [limits]
        rooms = 5
    )",
                                     "t.toml");
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_EQ(config->node.name, "fra1-07");
    EXPECT_EQ(config->node.log_level, LogLevel::kWarning);
    EXPECT_EQ(config->dataplane.ports.size(), 2u);
    EXPECT_EQ(config->dataplane.ports[0].addresses, std::vector<std::string>{"::1"});
    EXPECT_EQ(config->dataplane.ports[1].kind, PortSpec::Kind::kEthdev);
    EXPECT_EQ(config->dataplane.ports[1].device, "net_tap0,iface=dtk1");
    EXPECT_EQ(config->dataplane.ports[1].addresses,
              (std::vector<std::string>{"10.77.0.1", "2001:db8::1"}));
    EXPECT_EQ(config->dataplane.public_addresses,
              (std::vector<PublicAddress>{{"10.77.0.1", "198.51.100.7"}}));
    EXPECT_EQ(config->dataplane.cpus, (std::vector<std::uint32_t>{2, 4}));
    EXPECT_EQ(config->dataplane.idle, IdlePolicy::kBusy);
    EXPECT_TRUE(config->dataplane.hugepages);
    EXPECT_EQ(config->control.api_socket, "/tmp/a.sock");
    EXPECT_EQ(config->control.api_socket_mode, 0600u);
    EXPECT_EQ(config->control.api_tcp, "");
    EXPECT_EQ(config->limits.rooms, 5u);
}

TEST(ReadConfig, UnknownKeyNamesTheNearest) {
    EXPECT_EQ(problems_of("[dataplane]\nwokers = 2\n"),
              "t.toml:2:1: dataplane.wokers: unknown key; did you mean \"workers\"?\n");
    EXPECT_EQ(
        problems_of("[dataplane]\n\n  zebra = 2\n"),
        "t.toml:3:3: dataplane.zebra: unknown key; `strata config show --defaults` lists all\n");
}

TEST(ReadConfig, KeyInTheWrongSectionIsSentHome) {
    EXPECT_EQ(problems_of("[control]\nworkers = 2\n"),
              "t.toml:2:1: control.workers: unknown key; it belongs in section [dataplane]\n");
    EXPECT_EQ(problems_of("workers = 2\n"),
              "t.toml:1:1: workers: unknown key here; it belongs in section [dataplane]\n");
}

TEST(ReadConfig, UnknownSection) {
    EXPECT_EQ(problems_of("[dataplan]\n"),
              "t.toml:1:2: dataplan: unknown section; did you mean [dataplane]?\n");
    EXPECT_EQ(problems_of("[zoo]\n"),
              "t.toml:1:2: zoo: unknown section, expected one of [node] [dataplane] [control] "
              "[auth] [limits]\n");
    EXPECT_EQ(problems_of("node = 1\n"), "t.toml:1:8: node: found 1, expected a section: [node]\n");
}

TEST(ReadConfig, NumbersOutOfRangeAndOfOtherTypes) {
    EXPECT_EQ(problems_of("[dataplane]\nworkers = 0\n"),
              "t.toml:2:11: dataplane.workers: found 0, expected a whole number from 1 to 127\n");
    EXPECT_EQ(
        problems_of("[dataplane]\nworkers = \"two\"\n"),
        "t.toml:2:11: dataplane.workers: found \"two\" (a string), expected a whole number from 1 "
        "to 127\n");
    EXPECT_EQ(
        problems_of("[dataplane]\nworkers = 1.5\n"),
        "t.toml:2:11: dataplane.workers: found 1.5 (a float), expected a whole number from 1 to "
        "127\n");
    EXPECT_EQ(problems_of("[dataplane]\nworkers = -1\n"),
              "t.toml:2:11: dataplane.workers: found -1, expected a whole number from 1 to 127\n");
    EXPECT_EQ(
        problems_of("[dataplane]\nmemory_mb = 9223372036854775807\n"),
        "t.toml:2:13: dataplane.memory_mb: found 9223372036854775807, expected a whole number "
        "from 64 to 1048576 MB\n");
    EXPECT_EQ(
        problems_of("[dataplane]\nworkers = [1]\n"),
        "t.toml:2:11: dataplane.workers: found a list, expected a whole number from 1 to 127\n");
    EXPECT_EQ(
        problems_of("[dataplane.workers]\nx = 1\n"),
        "t.toml:1:1: dataplane.workers: found a table, expected a whole number from 1 to 127\n");
    EXPECT_EQ(
        problems_of("[control]\napi_socket_mode = 0o7777\n"),
        "t.toml:2:19: control.api_socket_mode: found 4095, expected a number from 0o0 to 0o777\n");
}

TEST(ReadConfig, FlagsChoicesAndDates) {
    EXPECT_EQ(
        problems_of("[dataplane]\nhugepages = \"yes\"\n"),
        "t.toml:2:13: dataplane.hugepages: found \"yes\" (a string), expected true or false\n");
    EXPECT_EQ(
        problems_of("[dataplane]\nidle = \"bussy\"\n"),
        "t.toml:2:8: dataplane.idle: found \"bussy\", expected one of \"adaptive\", \"busy\"; did "
        "you mean \"busy\"?\n");
    EXPECT_EQ(problems_of("[dataplane]\nidle = true\n"),
              "t.toml:2:8: dataplane.idle: found true, expected one of \"adaptive\", \"busy\"\n");
    EXPECT_EQ(problems_of("[dataplane]\nidle = 2026-01-01\n"),
              "t.toml:2:8: dataplane.idle: found a date or time, expected one of \"adaptive\", "
              "\"busy\"\n");
}

TEST(ReadConfig, TextRules) {
    EXPECT_EQ(
        problems_of("[node]\nname = \"a b\"\n"),
        "t.toml:2:8: node.name: found \"a b\" (a string), expected 1 to 64 letters, digits, '-', "
        "'_' or '.'\n");
    EXPECT_EQ(problems_of("[control]\ndatabase = \"strata.db\"\n"),
              "t.toml:2:12: control.database: found \"strata.db\" (a string), expected an absolute "
              "path\n");
    const std::string long_path = "/" + std::string(107, 'a');
    EXPECT_EQ(problems_of("[control]\napi_socket = \"" + long_path + "\"\n"),
              "t.toml:2:14: control.api_socket: found \"/" + std::string(59, 'a') +
                  "…\" (a string), expected an absolute path of at most 107 bytes\n");
}

TEST(ReadConfig, TcpIsLoopbackOnly) {
    const auto found = [](const std::string& value) {
        return problems_of("[control]\napi_tcp = \"" + value + "\"\n");
    };
    EXPECT_EQ(
        found("0.0.0.0:8410"),
        "t.toml:2:11: control.api_tcp: found \"0.0.0.0:8410\" (a string), expected a loopback "
        "address and port such as \"127.0.0.1:8410\" or \"[::1]:8410\", or \"\" for none\n");
    for (const char* wrong :
         {"127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:80x", "localhost:80",
          "127.1:80", "::1:80", "10.0.0.1:80", "127.evil.com:80"}) {
        EXPECT_NE(found(wrong), "accepted") << wrong;
    }
    for (const char* right : {"127.0.0.1:1", "127.8.8.8:65535", "[::1]:8410", ""}) {
        EXPECT_EQ(found(right), "accepted") << right;
    }
}

TEST(ReadConfig, HttpsListensAnywhere) {
    const auto found = [](const std::string& value) {
        return problems_of("[control]\nhttps = \"" + value + "\"\n");
    };
    for (const char* wrong :
         {"0.0.0.0", "0.0.0.0:0", ":443", "::1:443", "node:443", "[10.0.0.1]:1"})
        EXPECT_NE(found(wrong), "accepted") << wrong;
    for (const char* right : {"0.0.0.0:8443", "[::]:443", "192.0.2.1:443", ""})
        EXPECT_EQ(found(right), "accepted") << right;
    EXPECT_NE(problems_of("[control]\nhttps_key = \"/k.pem\"\n"), "accepted");
}

TEST(ReadConfig, Lists) {
    EXPECT_EQ(problems_of("[dataplane]\nports = []\n"),
              "t.toml:2:9: dataplane.ports: found a list, expected a list of 1 to 8 ports such as "
              "[\"socket:127.0.0.1\"]\n");
    EXPECT_EQ(
        problems_of("[dataplane]\nports = [\"socket:localhost\"]\n"),
        "t.toml:2:10: dataplane.ports: found \"socket:localhost\", expected an IP address after "
        "\"socket:\"\n");
    EXPECT_EQ(problems_of("[dataplane]\ncpus = [1, 1]\n"),
              "t.toml:2:12: dataplane.cpus: found 1 twice\n");
    EXPECT_EQ(
        problems_of("[dataplane]\ncpus = [1, 4096]\n"),
        "t.toml:2:12: dataplane.cpus: found 4096, expected a list of different whole numbers from "
        "0 to 1023\n");
}

TEST(ReadConfig, AllProblemsAtOnceInTheOrderOfTheFile) {
    EXPECT_EQ(problems_of("[limits]\nroms = 1\ntracks = 0\n[dataplane]\nworkers = 0\n"),
              "t.toml:2:1: limits.roms: unknown key; did you mean \"rooms\"?\n"
              "t.toml:3:10: limits.tracks: found 0, expected a whole number from 1 to 1000000\n"
              "t.toml:5:11: dataplane.workers: found 0, expected a whole number from 1 to 127\n");
}

TEST(ReadConfig, NotToml) {
    const std::string found = problems_of("[dataplane]\nworkers 2\n");
    EXPECT_TRUE(found.starts_with("t.toml:2:9: not TOML: ")) << found;
    EXPECT_TRUE(problems_of("[node]\nname = \"a\"\nname = \"b\"\n").starts_with("t.toml:3:"));
    EXPECT_NE(problems_of(std::string("\0\xff\xfe", 3)), "accepted");
    EXPECT_NE(problems_of(std::string(100000, '[')), "accepted");
    EXPECT_NE(problems_of("[node]\nname = " + std::string(100000, '[')), "accepted");
    EXPECT_EQ(problems_of("[node]\n\n[[[x]]]\n[limits]\n"),
              "t.toml:3:1: not TOML: unexpected characters\n");
}

// Damaged copies of the full file: an answer every time, never a crash.
TEST(ReadConfig, DamagedFiles) {  // C51
    const std::string whole = as_toml(Config{});
    std::mt19937 random(7);
    std::size_t refused = 0;
    for (int round = 0; round < 2000; ++round) {
        std::string text = whole.substr(0, random() % whole.size());
        for (int edit = 0; edit < 4 && !text.empty(); ++edit) {
            static constexpr std::string_view kBytes("[]{}=\"'.#,\\\n\0\xff\xe2 a0-+:T", 22);
            text[random() % text.size()] = kBytes[random() % kBytes.size()];
        }
        refused += parse_config(text, "t.toml") ? 0 : 1;
    }
    EXPECT_GT(refused, 1000u);
}

TEST(ReadConfig, FilesThatCantBeRead) {
    const auto missing = load_config("/nonexistent/strata.toml");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().text(),
              "/nonexistent/strata.toml: can't be read: No such file or directory\n");
    const auto folder = load_config("/");
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().text(), "/: can't be read: Is a directory\n");
}

TEST(ReadConfig, FileOfMoreThanAMegabyte) {
    const auto path = std::filesystem::temp_directory_path() /
                      ("strata-config-" + std::to_string(getpid()) + ".toml");
    std::ofstream(path) << std::string(1048577, '#');
    const auto config = load_config(path.string());
    std::filesystem::remove(path);
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().text(),
              path.string() + ": longer than 1 MB: not a configuration of this program\n");
}

TEST(ReadConfig, TheRenderedDefaultsParseBack) {
    const auto config = parse_config(as_toml(Config{}), "defaults");
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_EQ(as_toml(*config), as_toml(Config{}));
}

}  // namespace
}  // namespace strata::api

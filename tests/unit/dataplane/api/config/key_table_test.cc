#include "dataplane/api/config/key_table.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "dataplane/api/config/render.h"
#include "source_folders.h"

namespace strata::api {
namespace {

std::string file_text(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

TEST(KeyTable, KeysAreUniqueAndInKnownSections) {
    std::set<std::string> seen;
    std::set<std::string_view> known;
    for (const Section& section : sections()) known.insert(section.name);
    for (const Key& key : keys()) {
        EXPECT_TRUE(seen.insert(key.path()).second) << key.path();
        EXPECT_TRUE(known.contains(key.section)) << key.path();
        EXPECT_FALSE(key.doc.empty()) << key.path();
        EXPECT_FALSE(key.doc.ends_with('.')) << key.path();
    }
}

// Every limit of LimitsConfig is a key: the struct holds nothing else than 32-bit numbers.
TEST(KeyTable, EveryLimitIsAKey) {  // C52
    std::size_t limits = 0;
    for (const Key& key : keys()) limits += key.section == "limits" ? 1 : 0;
    EXPECT_EQ(limits * sizeof(std::uint32_t), sizeof(LimitsConfig));
}

TEST(KeyTable, DefaultsAreWithinTheirRanges) {
    Config defaults;
    for (const Key& key : keys()) {
        if (const auto* number = std::get_if<std::uint32_t& (*)(Config&)>(&key.field)) {
            EXPECT_GE((*number)(defaults), key.min) << key.path();
            EXPECT_LE((*number)(defaults), key.max) << key.path();
        }
    }
}

TEST(KeyTable, EachKeyHasAFieldOfItsOwn) {
    Config config;
    std::set<const void*> fields;
    for (const Key& key : keys()) {
        const void* field =
            std::visit([&](auto accessor) -> const void* { return &accessor(config); }, key.field);
        EXPECT_TRUE(fields.insert(field).second) << key.path();
    }
}

TEST(Documents, TheExampleFileIsTheDefaults) {
    EXPECT_TRUE(file_text(STRATA_DOCS "/strata.toml") == as_toml(Config{}))
        << "strata config show --defaults > docs/strata.toml";
    EXPECT_TRUE(load_config(STRATA_DOCS "/strata.toml"));
}

TEST(Documents, TheReferenceHasEveryKey) {
    const std::string text = file_text(STRATA_DOCS "/configuration.md");
    const std::size_t begin = text.find("## [node]");
    ASSERT_NE(begin, std::string::npos);
    EXPECT_TRUE(text.substr(begin) == as_markdown()) << "see the page itself";
}

TEST(Render, Json) {
    const std::string text = as_json(Config{});
    EXPECT_TRUE(text.starts_with("{\n  \"node\": {\n    \"name\": \"strata\",\n")) << text;
    EXPECT_NE(text.find("\"ports\": [\"socket:127.0.0.1\"]"), std::string::npos);
    EXPECT_NE(text.find("\"api_socket_mode\": \"0o660\""), std::string::npos);
}

TEST(Render, TextIsEscaped) {
    Config config;
    config.control.database = "/a\"b\\c";
    const auto again = parse_config(as_toml(config), "t");
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->control.database, "/a\"b\\c");
}

}  // namespace
}  // namespace strata::api

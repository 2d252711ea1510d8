#include "dataplane/api/config/render.h"

#include <string_view>

#include "dataplane/api/config/key_table.h"

namespace strata::api {
namespace {

constexpr std::size_t kCommentColumns = 98;

// `text` as comment lines, broken at blanks.
std::string comment(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        std::size_t end = text.size();
        if (end > kCommentColumns) {
            end = text.rfind(' ', kCommentColumns);
            if (end == std::string_view::npos) end = text.size();
        }
        out += "# " + std::string(text.substr(0, end)) + "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string capitalised(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') {
        text[0] = static_cast<char>(text[0] - 'a' + 'A');
    }
    return text;
}

bool says_enough(const Key& key) { return std::holds_alternative<bool& (*)(Config&)>(key.field); }

std::string about(const Key& key) {
    const std::string doc = std::string(key.doc) + ".";
    return says_enough(key) ? doc : doc + " " + capitalised(expected_value(key)) + ".";
}

// "0o660" is a number to TOML and to people, not to JSON.
std::string json_value(const Key& key, const Config& config) {
    const std::string text = value_text(key, config);
    return key.octal ? "\"" + text + "\"" : text;
}

}  // namespace

std::string as_toml(const Config& config) {
    std::string out =
        "# Configuration of strata-dataplane and strata-control. `strata config check FILE` checks "
        "it.\n";
    for (const Section& section : sections()) {
        out += "\n";
        out += comment(section.doc) + "[" + std::string(section.name) + "]\n";
        for (const Key& key : keys()) {
            if (key.section != section.name) continue;
            out += "\n" + comment(about(key));
            out += std::string(key.name) + " = " + value_text(key, config) + "\n";
        }
    }
    return out;
}

std::string as_json(const Config& config) {
    std::string out = "{";
    for (const Section& section : sections()) {
        out += out.size() > 1 ? ",\n" : "\n";
        out += "  \"" + std::string(section.name) + "\": {";
        bool first = true;
        for (const Key& key : keys()) {
            if (key.section != section.name) continue;
            out += first ? "\n" : ",\n";
            first = false;
            out += "    \"" + std::string(key.name) + "\": " + json_value(key, config);
        }
        out += "\n  }";
    }
    return out + "\n}\n";
}

std::string as_markdown() {
    const Config defaults;
    std::string out;
    for (const Section& section : sections()) {
        out += out.empty() ? "" : "\n";
        out += "## [" + std::string(section.name) + "]\n\n" + std::string(section.doc) + "\n\n";
        out += "| key | default | what it is | possible |\n|---|---|---|---|\n";
        for (const Key& key : keys()) {
            if (key.section != section.name) continue;
            out += "| `" + std::string(key.name) + "` | `" + value_text(key, defaults) + "` | " +
                   std::string(key.doc) + " | " + expected_value(key) + " |\n";
        }
    }
    return out;
}

}  // namespace strata::api

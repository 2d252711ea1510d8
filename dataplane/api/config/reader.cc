// TOML into Config. The only file that sees toml++, and built with exceptions, which end in
// parse_table().
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <type_traits>

namespace {
struct BrokenAssertion {};
}  // namespace

// toml++ 3.3 asserts on some input that isn't TOML ("[[["), and assumes it where assertions are
// off: here each is an error of the file instead.
#undef NDEBUG
#define TOML_ASSERT(condition) ((condition) ? static_cast<void>(0) : throw BrokenAssertion())
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \
    "-Wterminate"  // in functions that are noexcept, where abort is right
#include <toml++/toml.h>
#pragma GCC diagnostic pop

#include "dataplane/api/config/checks.h"
#include "dataplane/api/config/config.h"
#include "dataplane/api/config/key_table.h"
#include "dataplane/api/config/nearest.h"
#include "dataplane/api/config/port_spec.h"

namespace strata::api {
namespace {

constexpr std::size_t kLargestFileBytes = 1048576;
constexpr std::size_t kLongestQuote = 60;  // of what was found, in a message

std::string quoted(std::string_view text) {
    if (text.size() > kLongestQuote)
        return "\"" + std::string(text.substr(0, kLongestQuote)) + "…\"";
    return "\"" + std::string(text) + "\"";
}

// "\"two\" (a string)", "1.5 (a float)", "a table".
std::string found_text(const toml::node& node) {
    if (const auto* text = node.as_string()) return quoted(text->get()) + " (a string)";
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    if (const auto* number = node.as_floating_point()) {
        std::ostringstream out;
        out << number->get();
        return out.str() + " (a float)";
    }
    if (node.is_array()) return "a list";
    if (node.is_table()) return "a table";
    return "a date or time";
}

bool is_name(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), allowed);
}

bool is_path(std::string_view text, std::size_t longest_bytes) {
    const auto printable = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; };
    return text.starts_with('/') && text.size() <= longest_bytes &&
           std::all_of(text.begin(), text.end(), printable);
}

// Servers of ICE (RFC 7064, RFC 7065), each printable and without what would end a Link header.
bool is_uri_list(std::string_view text) {
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(one.size() + 1, text.size()));
        const bool known = one.starts_with("stun:") || one.starts_with("stuns:") ||
                           one.starts_with("turn:") || one.starts_with("turns:");
        const bool plain = std::ranges::all_of(one, [](unsigned char c) {
            return c > 0x20 && c < 0x7f && c != '<' && c != '>' && c != '"';
        });
        if (!known || !plain || one.size() > 255) return false;
    }
    return true;
}

bool follows(TextRule rule, std::string_view text) {
    switch (rule) {
        case TextRule::kName: return is_name(text);
        case TextRule::kPath: return is_path(text, 4095);
        case TextRule::kSocketPath: return is_path(text, 107);
        case TextRule::kLoopbackEndpoint: return text.empty() || is_loopback_endpoint(text);
        case TextRule::kEndpoint: return text.empty() || is_endpoint(text);
        case TextRule::kPathOrNothing: return text.empty() || is_path(text, 4095);
        case TextRule::kUris: return is_uri_list(text);
        case TextRule::kTokenAlgorithm: return text == "HS256" || text == "EdDSA";
    }
    return false;
}

using Parsed = std::expected<toml::table, ConfigProblem>;

Parsed not_toml(std::uint32_t line, std::uint32_t column, std::string_view what) {
    return std::unexpected(ConfigProblem{line, column, "", "not TOML: " + std::string(what)});
}

// The first line with which parsing fails an assertion, which doesn't say where it is.
std::uint32_t line_of_broken_assertion(std::string_view text) {
    std::uint32_t line = 1;
    for (std::size_t end = text.find('\n'); end != std::string_view::npos;
         end = text.find('\n', end + 1)) {
        try {
            static_cast<void>(toml::parse(text.substr(0, end)));
        } catch (const BrokenAssertion&) {
            return line;
        } catch (const toml::parse_error&) {  // a value that goes on in the next line
        }
        ++line;
    }
    return line;
}

Parsed parse_table(std::string_view text) {
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        const toml::source_position where = error.source().begin;
        return not_toml(where.line, where.column, error.description());
    } catch (const BrokenAssertion&) {
        return not_toml(line_of_broken_assertion(text), 1, "unexpected characters");
    }
}

// Fills one Config from one parsed file and collects every problem on the way.
class Reader {
  public:
    explicit Reader(std::string file) { error_.file = std::move(file); }

    std::expected<Config, ConfigError> read(std::string_view text) {
        Parsed table = parse_table(text);
        if (!table) {
            error_.problems.push_back(std::move(table).error());
            return std::unexpected(std::move(error_));
        }
        for (const auto& [name, node] : *table) read_section(name, node);
        if (error_.problems.empty()) check_keys_together();
        if (error_.problems.empty()) return std::move(config_);
        sort_problems();
        return std::unexpected(std::move(error_));
    }

  private:
    void add(const toml::source_region& where, std::string key, std::string message) {
        error_.problems.push_back(
            {where.begin.line, where.begin.column, std::move(key), std::move(message)});
    }

    void read_section(const toml::key& name, const toml::node& node) {
        const auto same = [&](const Section& section) { return section.name == name.str(); };
        const auto known = sections();
        const auto section = std::find_if(known.begin(), known.end(), same);
        if (section == known.end()) {
            add(name.source(), std::string(name.str()), unknown_section_text(name.str()));
            return;
        }
        const toml::table* table = node.as_table();
        if (table == nullptr) {
            add(node.source(), std::string(name.str()),
                "found " + found_text(node) + ", expected a section: [" + std::string(name.str()) +
                    "]");
            return;
        }
        for (const auto& [key_name, value] : *table) read_key(*section, key_name, value);
    }

    void read_key(const Section& section, const toml::key& name, const toml::node& node) {
        const std::string path = std::string(section.name) + "." + std::string(name.str());
        const auto same = [&](const Key& key) {
            return key.section == section.name && key.name == name.str();
        };
        const auto known = keys();
        const auto key = std::find_if(known.begin(), known.end(), same);
        if (key == known.end()) {
            add(name.source(), path, unknown_key_text(section.name, name.str()));
            return;
        }
        places_[path] = node.source();
        std::visit([&](auto accessor) { assign(*key, accessor(config_), node); }, key->field);
    }

    // The message for a value that the key doesn't accept.
    void refuse(const Key& key, const toml::node& node) {
        add(node.source(), key.path(),
            "found " + found_text(node) + ", expected " + expected_value(key));
    }

    void assign(const Key& key, std::uint32_t& field, const toml::node& node) {
        const auto* number = node.as_integer();
        if (number == nullptr || number->get() < key.min || number->get() > key.max) {
            return refuse(key, node);
        }
        field = static_cast<std::uint32_t>(number->get());
    }

    void assign(const Key& key, bool& field, const toml::node& node) {
        if (const auto* flag = node.as_boolean()) {
            field = flag->get();
        } else {
            refuse(key, node);
        }
    }

    void assign(const Key& key, std::string& field, const toml::node& node) {
        const auto* text = node.as_string();
        if (text == nullptr || !follows(key.rule, text->get())) return refuse(key, node);
        field = text->get();
    }

    template <typename Enum>
        requires std::is_enum_v<Enum>
    void assign(const Key& key, Enum& field, const toml::node& node) {
        const auto words = choices(key);
        const auto* text = node.as_string();
        if (text == nullptr) return refuse(key, node);
        const auto word = std::find(words.begin(), words.end(), text->get());
        if (word != words.end()) {
            field = static_cast<Enum>(word - words.begin());
            return;
        }
        const std::string_view meant = nearest(text->get(), words);
        add(node.source(), key.path(),
            "found " + quoted(text->get()) + ", expected " + expected_value(key) +
                (meant.empty() ? "" : "; did you mean " + quoted(meant) + "?"));
    }

    void assign(const Key& key, std::vector<std::uint32_t>& field, const toml::node& node) {
        const toml::array* list = node.as_array();
        if (list == nullptr) return refuse(key, node);
        field.clear();
        for (const toml::node& item : *list) {
            std::uint32_t value = 0;
            const std::size_t problems = error_.problems.size();
            assign(key, value, item);
            if (error_.problems.size() != problems) return;
            if (std::find(field.begin(), field.end(), value) != field.end()) {
                add(item.source(), key.path(), "found " + std::to_string(value) + " twice");
                return;
            }
            field.push_back(value);
        }
    }

    void assign(const Key& key, std::vector<PortSpec>& field, const toml::node& node) {
        assign_list(key, field, node, parse_port);
    }

    void assign(const Key& key, std::vector<PublicAddress>& field, const toml::node& node) {
        assign_list(key, field, node, parse_public_address);
    }

    void assign(const Key& key, std::vector<TcpListen>& field, const toml::node& node) {
        assign_list(key, field, node, parse_tcp_listen);
    }

    template <typename Item, typename Parse>
    void assign_list(const Key& key, std::vector<Item>& field, const toml::node& node,
                     Parse parse) {
        const toml::array* list = node.as_array();
        if (list == nullptr || list->size() < key.min || list->size() > key.max) {
            return refuse(key, node);
        }
        field.clear();
        for (const toml::node& item : *list) {
            const auto* text = item.as_string();
            if (text == nullptr) {
                refuse(key, item);
                continue;
            }
            auto parsed = parse(text->get());
            if (parsed) {
                field.push_back(*std::move(parsed));
            } else {
                add(item.source(), key.path(), std::move(parsed).error());
            }
        }
    }

    static std::string unknown_section_text(std::string_view name) {
        for (const Key& key : keys()) {
            if (key.name == name) {
                return "unknown key here; it belongs in section [" + std::string(key.section) + "]";
            }
        }
        std::vector<std::string_view> names;
        for (const Section& section : sections()) names.push_back(section.name);
        const std::string_view meant = nearest(name, names);
        if (!meant.empty()) return "unknown section; did you mean [" + std::string(meant) + "]?";
        std::string text = "unknown section, expected one of";
        for (const std::string_view known : names) text += " [" + std::string(known) + "]";
        return text;
    }

    static std::string unknown_key_text(std::string_view section, std::string_view name) {
        std::vector<std::string_view> names;
        for (const Key& key : keys()) {
            if (key.section == section) names.push_back(key.name);
            if (key.section != section && key.name == name) {
                return "unknown key; it belongs in section [" + std::string(key.section) + "]";
            }
        }
        const std::string_view meant = nearest(name, names);
        if (!meant.empty()) return "unknown key; did you mean " + quoted(meant) + "?";
        return "unknown key; `strata config show --defaults` lists all";
    }

    void check_keys_together() {
        for (Contradiction& found : contradictions(config_)) {
            const auto place = places_.find(found.key);
            const toml::source_region where =
                place == places_.end() ? toml::source_region{} : place->second;
            add(where, std::move(found.key), std::move(found.message));
        }
    }

    void sort_problems() {
        const auto place = [](const ConfigProblem& problem) {
            return std::pair(problem.line, problem.column);
        };
        std::stable_sort(error_.problems.begin(), error_.problems.end(),
                         [&](const auto& a, const auto& b) { return place(a) < place(b); });
    }

    Config config_;
    ConfigError error_;
    std::map<std::string, toml::source_region, std::less<>> places_;  // of keys in the file
};

std::unexpected<ConfigError> file_problem(const std::string& path, std::string message) {
    return std::unexpected(ConfigError{path, {{0, 0, "", std::move(message)}}});
}

}  // namespace

std::string ConfigError::text() const {
    std::string out;
    for (const ConfigProblem& problem : problems) {
        out += file;
        if (problem.line > 0) {
            out += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
        }
        out += ": ";
        if (!problem.key.empty()) out += problem.key + ": ";
        out += problem.message + "\n";
    }
    return out;
}

std::expected<Config, ConfigError> parse_config(std::string_view text, std::string file) {
    return Reader(std::move(file)).read(text);
}

std::expected<Config, ConfigError> load_config(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(kLargestFileBytes + 1, '\0');
    if (!in.is_open()) return file_problem(path, std::string("can't be read: ") + strerror(errno));
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad()) return file_problem(path, std::string("can't be read: ") + strerror(errno));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > kLargestFileBytes) {
        return file_problem(path, "longer than 1 MB: not a configuration of this program");
    }
    return parse_config(text, path);
}

std::expected<Config, ConfigError> load_program_config(const std::string& path) {
    if (!path.empty()) return load_config(path);
    const std::string usual(kDefaultConfigPath);
    if (access(usual.c_str(), F_OK) != 0) return Config{};
    return load_config(usual);
}

}  // namespace strata::api

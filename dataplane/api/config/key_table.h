#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dataplane/api/config/config.h"

// The one table of keys: what drives reading, checking, `strata config show` and
// docs/configuration.md. A key that isn't here doesn't exist.
namespace strata::api {

// Where a key's value lives. The alternative is the key's type.
using KeyField =
    std::variant<std::uint32_t& (*)(Config&), bool& (*)(Config&), std::string& (*)(Config&),
                 IdlePolicy& (*)(Config&), LogLevel& (*)(Config&),
                 std::vector<std::uint32_t>& (*)(Config&), std::vector<PortSpec>& (*)(Config&),
                 std::vector<PublicAddress>& (*)(Config&), std::vector<TcpListen>& (*)(Config&)>;

// What a text may be.
enum class TextRule : std::uint8_t {
    kName,              // letters, digits, '-', '_', '.'; 1 to 64
    kPath,              // absolute
    kSocketPath,        // absolute, at most 107 bytes (sockaddr_un)
    kLoopbackEndpoint,  // ADDRESS:PORT, or empty
    kEndpoint,          // the same of any address
    kPathOrNothing,     // absolute, or empty
    kTokenAlgorithm,    // HS256 or EdDSA
    kUris,              // stun:, stuns:, turn:, turns:, with spaces between them
};

struct Key {
    std::string_view section;
    std::string_view name;
    KeyField field;
    std::string_view doc;  // one sentence, without the unit and the range
    std::uint32_t min = 0;
    std::uint32_t max = 0;
    std::string_view unit = {};
    TextRule rule = TextRule::kName;
    bool octal = false;

    std::string path() const { return std::string(section) + "." + std::string(name); }
};

// All keys, section by section, in the order in which they are shown.
std::span<const Key> keys();

// Section names in the order of keys(), and what each is about.
struct Section {
    std::string_view name;
    std::string_view doc;
};
std::span<const Section> sections();

// The words of a key whose type is an enumeration, by value; empty for other keys.
std::span<const std::string_view> choices(const Key& key);

// What the key accepts: "a whole number from 1 to 64", "one of \"adaptive\", \"busy\"".
std::string expected_value(const Key& key);

// The key's value as it is written in the file: 1, "adaptive", ["socket:127.0.0.1"].
std::string value_text(const Key& key, const Config& config);

}  // namespace strata::api

#include <array>
#include <charconv>
#include <type_traits>

#include "dataplane/api/config/key_table.h"

// What a key accepts and holds, as text.
namespace strata::api {
namespace {

// As TOML and JSON both write it.
std::string toml_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string number_text(std::uint32_t value, bool octal) {
    if (!octal) return std::to_string(value);
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 8).ptr;
    return "0o" + std::string(digits.data(), end);
}

std::string range_text(const Key& key) {
    std::string text =
        "from " + number_text(key.min, key.octal) + " to " + number_text(key.max, key.octal);
    if (!key.unit.empty()) text += " " + std::string(key.unit);
    return text;
}

std::string rule_text(TextRule rule) {
    switch (rule) {
        case TextRule::kName: return "1 to 64 letters, digits, '-', '_' or '.'";
        case TextRule::kPath: return "an absolute path";
        case TextRule::kSocketPath: return "an absolute path of at most 107 bytes";
        case TextRule::kLoopbackEndpoint:
            return "a loopback address and port such as \"127.0.0.1:8410\" or \"[::1]:8410\", "
                   "or \"\" for none";
        case TextRule::kEndpoint:
            return "an address and port such as \"0.0.0.0:8443\" or \"[::]:8443\", or \"\" for "
                   "none";
        case TextRule::kPathOrNothing: return "an absolute path, or \"\" for none";
        case TextRule::kUris:
            return "URIs such as \"stun:stun.example.org turn:turn.example.org\", or \"\" for none";
        case TextRule::kTokenAlgorithm: return "\"HS256\" or \"EdDSA\"";
    }
    return {};
}

template <typename Item, typename Text>
std::string list_text(const std::vector<Item>& items, Text text) {
    std::string out = "[";
    for (const Item& item : items) {
        if (out.size() > 1) out += ", ";
        out += text(item);
    }
    return out + "]";
}

}  // namespace

std::string expected_value(const Key& key) {
    const auto of_type = [&](auto accessor) -> std::string {
        using Value = std::remove_reference_t<std::invoke_result_t<decltype(accessor), Config&>>;
        if constexpr (std::is_same_v<Value, bool>) {
            return "true or false";
        } else if constexpr (std::is_same_v<Value, std::uint32_t>) {
            return (key.octal ? "a number " : "a whole number ") + range_text(key);
        } else if constexpr (std::is_same_v<Value, std::string>) {
            return rule_text(key.rule);
        } else if constexpr (std::is_same_v<Value, std::vector<std::uint32_t>>) {
            return "a list of different whole numbers " + range_text(key);
        } else if constexpr (std::is_same_v<Value, std::vector<PortSpec>>) {
            return "a list of " + std::to_string(key.min) + " to " + std::to_string(key.max) +
                   " ports such as [\"socket:127.0.0.1\"]";
        } else if constexpr (std::is_same_v<Value, std::vector<PublicAddress>>) {
            return "a list of at most " + std::to_string(key.max) +
                   " pairs such as [\"10.77.0.1=198.51.100.7\"]";
        } else if constexpr (std::is_same_v<Value, std::vector<TcpListen>>) {
            return "a list of at most " + std::to_string(key.max) +
                   " addresses and ports such as [\"0.0.0.0:443\", \"[::]:443\"]";
        } else {
            std::string text = "one of ";
            for (const std::string_view choice : choices(key)) {
                text += (text.ends_with(' ') ? "" : ", ") + toml_string(choice);
            }
            return text;
        }
    };
    return std::visit(of_type, key.field);
}

std::string value_text(const Key& key, const Config& config) {
    Config copy = config;
    const auto of_type = [&](auto accessor) -> std::string {
        const auto& value = accessor(copy);
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, bool>) {
            return value ? "true" : "false";
        } else if constexpr (std::is_same_v<Value, std::uint32_t>) {
            return number_text(value, key.octal);
        } else if constexpr (std::is_same_v<Value, std::string>) {
            return toml_string(value);
        } else if constexpr (std::is_same_v<Value, std::vector<std::uint32_t>>) {
            return list_text(value, [](std::uint32_t item) { return std::to_string(item); });
        } else if constexpr (std::is_same_v<Value, std::vector<PortSpec>>) {
            return list_text(value, [](const PortSpec& item) { return toml_string(item.text); });
        } else if constexpr (std::is_same_v<Value, std::vector<PublicAddress>>) {
            return list_text(value, [](const PublicAddress& item) {
                return toml_string(item.own + "=" + item.outside);
            });
        } else if constexpr (std::is_same_v<Value, std::vector<TcpListen>>) {
            return list_text(value, [](const TcpListen& item) { return toml_string(item.text()); });
        } else {
            return toml_string(choices(key)[static_cast<std::size_t>(value)]);
        }
    };
    return std::visit(of_type, key.field);
}

}  // namespace strata::api

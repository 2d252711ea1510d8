#include "control/api/json_body.h"

#include <nlohmann/json.hpp>
#include <set>

#include "dataplane/api/config/nearest.h"

namespace strata::control {
namespace {

using nlohmann::json;

// Watches the parser: names twice, and depth.
struct Watch {
    bool operator()(int depth, json::parse_event_t event, const json& parsed) {
        if (event == json::parse_event_t::object_start) names.emplace_back();
        if (event == json::parse_event_t::object_end) names.pop_back();
        if (event == json::parse_event_t::key && !names.empty() &&
            !names.back().insert(parsed.get<std::string>()).second && repeated.empty())
            repeated = parsed.get<std::string>();
        too_deep |= depth > kMaxJsonDepth;
        return !too_deep;
    }
    std::vector<std::set<std::string>> names;
    std::string repeated;
    bool too_deep = false;
};

}  // namespace

Result<json> parse_json_object(std::string_view body) {
    Watch watch;
    json parsed;
    try {
        parsed = json::parse(body, [&watch](int depth, json::parse_event_t event, json& value) {
            return watch(depth, event, value);
        });
    } catch (const json::parse_error& e) {
        return refuse(ErrorCode::invalid_json, "", "not JSON at byte " + std::to_string(e.byte),
                      "send one JSON object");
    } catch (const json::exception&) {
        return refuse(ErrorCode::invalid_json, "", "a number is out of range");
    }
    if (watch.too_deep)
        return refuse(ErrorCode::invalid_json, "",
                      "nested more than " + std::to_string(kMaxJsonDepth) + " deep");
    if (!watch.repeated.empty())
        return refuse(ErrorCode::invalid_json, watch.repeated, "the name stands twice");
    if (!parsed.is_object())
        return refuse(ErrorCode::invalid_json, "",
                      std::string("found ") + parsed.type_name() + ", expected an object");
    return parsed;
}

JsonFields::JsonFields(const json& object, std::string path,
                       std::initializer_list<std::string_view> known)
    : object_(object), path_(std::move(path)) {
    if (!object.is_object()) {
        error_ = Error{ErrorCode::invalid_field, path_,
                       std::string("found ") + object.type_name() + ", expected an object", ""};
        return;
    }
    const std::vector<std::string_view> names(known);
    for (const auto& [name, value] : object.items()) {
        if (std::ranges::find(names, name) != names.end()) continue;
        const auto nearest = api::nearest(name, names);
        std::string hint = "known here:";
        for (const std::string_view n : names) hint.append(" ").append(n);
        if (!nearest.empty()) hint = "did you mean '" + std::string(nearest) + "'?";
        fail(ErrorCode::unknown_field, name.substr(0, 64),
             "'" + name.substr(0, 64) + "' is not a field of this object", hint);
        return;
    }
}

std::string JsonFields::path_of(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

void JsonFields::fail(Error error) {
    if (!error_) error_ = std::move(error);
}

void JsonFields::fail(ErrorCode code, std::string_view name, std::string detail, std::string hint) {
    fail(Error{code, path_of(name), std::move(detail), std::move(hint)});
}

const json* JsonFields::find(std::string_view name) const {
    if (error_) return nullptr;
    const auto it = object_.find(name);
    return it == object_.end() ? nullptr : &*it;
}

void JsonFields::require(std::string_view name) {
    if (!error_ && !object_.contains(name))
        fail(ErrorCode::missing_field, name, "'" + std::string(name) + "' is missing",
             "/v1/openapi.yaml says what belongs into this body");
}

std::optional<std::string> JsonFields::text(std::string_view name) {
    const json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return value->get<std::string>();
    fail(ErrorCode::invalid_field, name,
         std::string("found ") + value->type_name() + ", expected a string");
    return std::nullopt;
}

std::optional<std::uint64_t> JsonFields::integer(std::string_view name, std::uint64_t lowest,
                                                 std::uint64_t highest) {
    const json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_number_unsigned()) {
        const auto number = value->get<std::uint64_t>();
        if (number >= lowest && number <= highest) return number;
    }
    std::string found = value->is_number() ? value->dump() : value->type_name();
    fail(ErrorCode::invalid_field, name, "found " + found + ", expected an integer",
         std::to_string(lowest) + " to " + std::to_string(highest));
    return std::nullopt;
}

std::optional<bool> JsonFields::boolean(std::string_view name) {
    const json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_boolean()) return value->get<bool>();
    fail(ErrorCode::invalid_field, name,
         std::string("found ") + value->type_name() + ", expected true or false");
    return std::nullopt;
}

const json* JsonFields::array(std::string_view name, std::size_t max_size) {
    const json* value = find(name);
    if (value == nullptr) return nullptr;
    if (value->is_array() && value->size() <= max_size) return value;
    fail(ErrorCode::invalid_field, name,
         value->is_array() ? std::to_string(value->size()) + " elements"
                           : std::string("found ") + value->type_name() + ", expected an array",
         "an array of at most " + std::to_string(max_size));
    return nullptr;
}

const json* JsonFields::object(std::string_view name) {
    const json* value = find(name);
    if (value == nullptr || value->is_object()) return value;
    fail(ErrorCode::invalid_field, name,
         std::string("found ") + value->type_name() + ", expected an object");
    return nullptr;
}

}  // namespace strata::control

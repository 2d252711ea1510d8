#include "control/cli/api_client.h"

#include <nlohmann/json.hpp>

#include "control/cli/table.h"

namespace strata::control::cli {
namespace {

constexpr int kMostPages = 10000;

ExitCode exit_code_of(int status) {
    if (status == 404) return ExitCode::kNotFound;
    if (status == 409) return ExitCode::kConflict;
    return ExitCode::kRefused;
}

}  // namespace

CliError problem_of(const Response& response) {
    const std::string status = std::to_string(response.status);
    CliError error{
        exit_code_of(response.status), "http-" + status, "refused with HTTP status " + status, {}};
    const Json json = Json::parse(response.body, nullptr, false);
    if (!json.is_object()) return error;
    if (const std::string code = field_text(json, "code"); !code.empty()) error.code = code;
    const std::string detail = field_text(json, "detail");
    const std::string title = field_text(json, "title");
    if (!detail.empty() || !title.empty()) error.message = detail.empty() ? title : detail;
    error.hint = field_text(json, "hint");
    return error;
}

std::string field_text(const Json& object, const char* name) {
    if (!object.is_object()) return {};
    const auto field = object.find(name);
    if (field == object.end() || field->is_null()) return {};
    if (field->is_string()) return field->get<std::string>();
    return field->dump();
}

Result<Json> ApiClient::send(const Request& request, bool any_status) const {
    auto response = exchange(endpoint_, request, timeout_ms_);
    if (!response) return std::unexpected(std::move(response).error());
    if (response->status >= 400 && !any_status) return std::unexpected(problem_of(*response));
    if (response->body.empty()) return Json(nullptr);
    Json json = Json::parse(response->body, nullptr, false);
    if (json.is_discarded() && response->status >= 400)
        return std::unexpected(problem_of(*response));
    if (json.is_discarded() || response->status >= 600) {
        return std::unexpected(CliError{ExitCode::kUnreachable, "bad-answer",
                                        "the answer of " + endpoint_.text() + " isn't JSON",
                                        "is that the address of strata-control?"});
    }
    return json;
}

Result<Json> ApiClient::get(const std::string& target) const {
    return send({.method = "GET", .target = target, .body = {}}, false);
}

Result<std::string> ApiClient::get_bytes(const std::string& target) const {
    auto response =
        exchange(endpoint_, {.method = "GET", .target = target, .body = {}}, timeout_ms_);
    if (!response) return std::unexpected(std::move(response).error());
    if (response->status >= 400) return std::unexpected(problem_of(*response));
    return std::move(response->body);
}

Result<Json> ApiClient::get_any_status(const std::string& target) const {
    return send({.method = "GET", .target = target, .body = {}}, true);
}

Result<Json> ApiClient::list(const std::string& target) const {
    Json all = Json::array();
    std::string page = target;
    for (int pages = 0; pages < kMostPages; ++pages) {
        auto json = get(page);
        if (!json) return json;
        if (const auto items = json->find("items"); items != json->end() && items->is_array()) {
            for (Json& item : *items) all.push_back(std::move(item));
        }
        const std::string next = field_text(*json, "next");
        if (next.empty()) break;
        page = target + (target.find('?') == std::string::npos ? "?after=" : "&after=") +
               encoded(next);
    }
    return all;
}

Result<Json> ApiClient::post(const std::string& target, const Json& body) const {
    return send({.method = "POST", .target = target, .body = body.dump()}, false);
}

Result<Json> ApiClient::patch(const std::string& target, const Json& body) const {
    return send({.method = "PATCH", .target = target, .body = body.dump()}, false);
}

Result<void> ApiClient::remove(const std::string& target) const {
    auto done = send({.method = "DELETE", .target = target, .body = {}}, false);
    if (!done) return std::unexpected(std::move(done).error());
    return {};
}

std::string number_text(const Json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_number_unsigned()) return field_text(object, name);
    return grouped(found->get<std::uint64_t>());
}

const Json& part(const Json& object, const char* name) {
    static const Json kNone = Json::object();
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? kNone : *found;
}

}  // namespace strata::control::cli

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/cli/cli_error.h"
#include "control/cli/http_client.h"

namespace strata::control::cli {

// JSON with the fields in the order in which the API sends them.
using Json = nlohmann::ordered_json;

// The control plane's API (control/api/openapi.yaml). Problem documents become CliErrors.
class ApiClient {
  public:
    ApiClient(Endpoint endpoint, int timeout_ms)
        : endpoint_(std::move(endpoint)), timeout_ms_(timeout_ms) {}

    Result<Json> get(const std::string& target) const;
    // The body as it is.
    Result<std::string> get_bytes(const std::string& target) const;
    // All pages of a list, as one array.
    Result<Json> list(const std::string& target) const;
    Result<Json> post(const std::string& target, const Json& body) const;
    Result<Json> patch(const std::string& target, const Json& body) const;
    Result<void> remove(const std::string& target) const;
    // The body whatever the status (health answers 503 with a body of the same shape).
    Result<Json> get_any_status(const std::string& target) const;

  private:
    Result<Json> send(const Request& request, bool any_status) const;

    Endpoint endpoint_;
    int timeout_ms_;
};

// The error that a response with a status of 400 or more stands for.
CliError problem_of(const Response& response);

// A field as it is shown: strings as they are, null and missing as "", numbers and booleans as
// JSON.
std::string field_text(const Json& object, const char* name);

// The same for a count, its thousands grouped.
std::string number_text(const Json& object, const char* name);

// An object or list inside; empty where it is missing or null.
const Json& part(const Json& object, const char* name);

}  // namespace strata::control::cli

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "control/cli/cli_error.h"
#include "control/cli/http_message.h"

namespace strata::control::cli {

// Where the control plane listens.
struct Endpoint {
    std::string unix_path;  // empty: TCP
    std::string address;    // of a loopback interface
    std::uint16_t port = 0;

    std::string text() const;  // "unix:/run/strata/api.sock", "http://127.0.0.1:8410"
};

// "unix:/run/strata/api.sock", "/run/strata/api.sock" or "http://127.0.0.1:8410"; only loopback
// addresses, since the API has no authentication on TCP.
Result<Endpoint> parse_endpoint(std::string_view text);

// One request and its response on a connection of its own. `timeout_ms` is for all of it.
Result<Response> exchange(const Endpoint& endpoint, const Request& request, int timeout_ms);

}  // namespace strata::control::cli

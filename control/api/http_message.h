#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

// A request and its answer, without the HTTP library.
namespace strata::control {

struct HttpRequest {
    std::string method;        // "GET"
    std::string target;        // "/v1/tracks?room=demo"
    std::string content_type;  // empty: none given
    std::string body;
    // Header fields that signalling and pages ask for; empty: none given.
    std::string authorization, if_match, if_none_match, origin;
    enum class Peer : std::uint8_t { unix_socket, loopback, remote };
    Peer peer = Peer::unix_socket;
};

struct HttpResponse {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
};

// Called once, on the loop's thread, now or later.
using HttpRespond = std::function<void(HttpResponse)>;
using HttpHandler = std::function<void(const HttpRequest&, HttpRespond)>;

}  // namespace strata::control

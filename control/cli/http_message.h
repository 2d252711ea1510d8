#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

// Just enough of HTTP/1.1 (RFC 9112) for a client that asks one thing per connection.
namespace strata::control::cli {

constexpr std::size_t kLongestHeaderBytes = 65536;
constexpr std::size_t kLongestBodyBytes = 67108864;

struct Request {
    std::string method = "GET";
    std::string target;  // path and query, encoded
    std::string body;    // JSON; empty: none
};

struct Response {
    int status = 0;
    std::string content_type;  // lower case, without parameters
    std::string body;
};

// The bytes of a request, with Connection: close.
std::string request_bytes(const Request& request, const std::string& host);

// Reads a response from what has arrived so far. Nullopt: more is needed. `closed`: nothing more
// will come. Bodies end by Content-Length, by the last chunk, or by the end of the connection; 1xx
// responses are skipped. The error says what is wrong with the answer.
std::expected<std::optional<Response>, std::string> parse_response(std::string_view bytes,
                                                                   bool closed);

// Percent-encoding of one path segment or query value (RFC 3986 section 2.3).
std::string encoded(std::string_view text);

}  // namespace strata::control::cli

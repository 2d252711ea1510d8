#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "control/api/http_message.h"
#include "control/room/error.h"
#include "control/room/limits.h"

namespace boost::asio {
class io_context;
}

namespace strata::control {

struct HttpServerOptions {
    std::string unix_path;           // of the socket file; empty: none
    std::uint32_t unix_mode = 0660;  // of the socket file
    std::string tcp;                 // "127.0.0.1:8410", loopback only; empty: none
};

// HTTP/1.1 with keep-alive on a Unix socket and on loopback TCP. What takes longer than
// limits.http_idle_s, or is larger than the limits say, is answered with a problem and closed. TCP
// requests must name a loopback host, so that no web page can reach the node through a browser;
// POST and PATCH below /v1 must come as application/json for the same reason. Runs on the loop's
// thread.
class HttpServer {
  public:
    // `limits` outlives the server, `handler` is called for each request that is whole and sane.
    HttpServer(boost::asio::io_context& loop, HttpServerOptions options, Limits& limits,
               HttpHandler handler);
    ~HttpServer();

    // Binds and listens; the error names the address and what would help. A socket file that nobody
    // listens on is replaced.
    Result<void> start();
    // Closes everything; the socket file is removed.
    void stop();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace strata::control

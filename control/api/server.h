#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "control/api/http_message.h"
#include "control/api/tls_identity.h"
#include "control/api/web_socket.h"
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
    std::string https;               // "0.0.0.0:8443"; empty: none
};

// HTTP/1.1 with keep-alive on a Unix socket, on loopback TCP and over TLS. What takes longer than
// limits.http_idle_s, or is larger than the limits say, is answered with a problem and closed.
// Plain TCP requests must name a loopback host, so that no web page can reach the node through a
// browser; over TLS who comes from elsewhere, or under another name, is HttpRequest::Peer::remote.
// POST and PATCH below /v1 must come as application/json. Runs on the loop's thread.
class HttpServer {
  public:
    struct Counters {
        std::uint64_t web_sockets = 0;   // now
        std::uint64_t handed_over = 0;   // connections that came by `take`
        std::uint64_t tls_failures = 0;  // handshakes that came to nothing
    };

    // `limits` outlives the server, `handler` is called for each request that is whole and sane,
    // `upgrade`, where there is one, for each that wants to become a WebSocket.
    HttpServer(boost::asio::io_context& loop, HttpServerOptions options, Limits& limits,
               HttpHandler handler, UpgradeHandler upgrade = {});
    ~HttpServer();

    // What TLS connections are shown from now on; before the first call there are none.
    Result<void> use(const TlsIdentity& identity);
    // Binds and listens; the error names the address and what would help. A socket file that nobody
    // listens on is replaced.
    Result<void> start();
    // Takes over a connected TCP socket whose peer has begun, or will begin, with TLS.
    void take(int descriptor);
    // Closes everything; the socket file is removed.
    void stop();
    Counters counters() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace strata::control

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "control/api/http_message.h"
#include "control/api/web_socket.h"
#include "control/room/limits.h"

namespace boost::asio {
class io_context;
namespace ssl {
class context;
}
}  // namespace boost::asio

namespace strata::control {

// What all connections of a server share.
struct HttpService {
    boost::asio::io_context& loop;
    Limits& limits;
    HttpHandler handler;
    UpgradeHandler upgrade;          // null: none are granted
    // That speak HTTP; each counts itself. Those of the Unix socket have a budget of their own: nobody
    // on a network can shut the operator out.
    std::size_t network_connections = 0, unix_connections = 0;
    std::size_t web_sockets = 0;     // that have left it
    std::uint64_t tls_failures = 0;  // handshakes that came to nothing

    std::size_t& connections(HttpRequest::Peer peer) {
        return peer == HttpRequest::Peer::unix_socket ? unix_connections : network_connections;
    }
};

// One connection: HTTP/1.1 until it ends or becomes a WebSocket.
class HttpConnection {
  public:
    using Socket = boost::asio::generic::stream_protocol::socket;
    virtual ~HttpConnection() = default;
    // Until the connection has ended. Called once.
    virtual boost::asio::awaitable<void> serve() = 0;
    virtual void close() = 0;

    // `tls` null: plain. `peer` is who is at the other end.
    static std::shared_ptr<HttpConnection> make(Socket socket,
                                                std::shared_ptr<boost::asio::ssl::context> tls,
                                                HttpRequest::Peer peer,
                                                std::shared_ptr<HttpService> service);
};

// Says that there are too many connections, in one write that doesn't wait.
void turn_away(HttpConnection::Socket socket, HttpService& service);

}  // namespace strata::control

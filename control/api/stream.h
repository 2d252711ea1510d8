#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/role.hpp>
#include <memory>
#include <optional>
#include <utility>

// Exception: two sources include this and Beast; everything else sees web_socket.h and server.h.
namespace strata::control {

// A connection as Beast needs it: Unix socket, TCP, or TLS over TCP. One type for all of them, so
// that HTTP and WebSocket are compiled once. Stays where it was made.
class Stream {
  public:
    using Socket = boost::asio::generic::stream_protocol::socket;
    using executor_type = Socket::executor_type;
    using error_code = boost::system::error_code;

    // With `tls` bytes pass only after the handshake.
    Stream(Socket socket, std::shared_ptr<boost::asio::ssl::context> tls)
        : socket_(std::move(socket)), context_(std::move(tls)) {
        if (context_) tls_.emplace(socket_, *context_);
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    executor_type get_executor() { return socket_.get_executor(); }
    Socket& socket() { return socket_; }
    bool secure() const { return tls_.has_value(); }

    template <typename Token>
    auto async_handshake(Token&& token) {
        return tls_->async_handshake(boost::asio::ssl::stream_base::server,
                                     std::forward<Token>(token));
    }
    template <typename Buffers, typename Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto handler, const Buffers& to) {
                if (tls_)
                    tls_->async_read_some(to, std::move(handler));
                else
                    socket_.async_read_some(to, std::move(handler));
            },
            token, buffers);
    }
    template <typename Buffers, typename Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto handler, const Buffers& from) {
                if (tls_)
                    tls_->async_write_some(from, std::move(handler));
                else
                    socket_.async_write_some(from, std::move(handler));
            },
            token, buffers);
    }

    // No more is sent. TLS ends with the connection: what was said in it was framed by HTTP.
    void shutdown() {
        error_code ignored;
        socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
    }
    void close() {
        error_code ignored;
        socket_.close(ignored);
    }

    // What Beast's WebSocket wants to find beside a stream.
    friend void teardown(boost::beast::role_type, Stream& stream, error_code& error) {
        stream.shutdown();
        error = {};
    }
    template <typename Handler>
    friend void async_teardown(boost::beast::role_type, Stream& stream, Handler&& handler) {
        stream.shutdown();
        boost::asio::post(stream.get_executor(),
                          [h = std::forward<Handler>(handler)]() mutable { h(error_code{}); });
    }
    friend void beast_close_socket(Stream& stream) { stream.close(); }

  private:
    Socket socket_;
    std::shared_ptr<boost::asio::ssl::context> context_;  // a newer one may be in use elsewhere
    std::optional<boost::asio::ssl::stream<Socket&>> tls_;
};

}  // namespace strata::control

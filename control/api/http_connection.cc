#include "control/api/http_connection.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <chrono>
#include <optional>

#include "control/api/problem.h"
#include "control/api/stream.h"
#include "control/api/web_socket_session.h"
#include "control/room/endpoint.h"

// g++ 12 takes the operator delete of Asio's coroutine frames for a mismatch of their operator new.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace strata::control {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;
using Peer = HttpRequest::Peer;

// What is JSON throughout; other entries check their own bodies' types.
constexpr std::string_view kApiRoot = "/v1";
constexpr std::chrono::seconds kDrainTime{1};
constexpr std::size_t kDrainBytes = 4 << 20;

// "localhost:8410", "127.0.0.1", "[::1]:80": names of this machine that no other one can have.
bool loopback_host(std::string_view host) {
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1) == "[::1]";
    const std::string name(host.substr(0, host.rfind(':')));
    if (name == "localhost") return true;
    const auto address = parse_endpoint(name + ":1");
    return address && address->address_bytes == 4 && address->address[0] == 127;
}

bool is_json(std::string_view content_type) {
    const std::string_view type = content_type.substr(0, content_type.find(';'));
    return boost::beast::iequals(type.substr(0, type.find(' ')), "application/json");
}

Response to_wire(HttpResponse answer, unsigned version, bool keep_alive, bool head) {
    Response response{static_cast<http::status>(answer.status), version};
    response.set(http::field::server, "strata");
    response.set(http::field::cache_control, "no-store");
    if (!answer.content_type.empty()) response.set(http::field::content_type, answer.content_type);
    for (const auto& [name, value] : answer.headers) response.set(name, value);
    response.keep_alive(keep_alive);
    const std::size_t size = answer.body.size();
    if (!head) response.body() = std::move(answer.body);
    if (answer.status != 204 && answer.status != 304) response.prepare_payload();
    if (head && response.has_content_length()) response.content_length(size);
    return response;
}

std::string peer_text(Stream::Socket& socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
        peer.pid != 0)
        return "uid " + std::to_string(peer.uid) + " pid " + std::to_string(peer.pid);
    return "tcp";
}

class Connection : public HttpConnection, public std::enable_shared_from_this<Connection> {
  public:
    Connection(Socket socket, std::shared_ptr<asio::ssl::context> tls, Peer peer,
               std::shared_ptr<HttpService> service)
        : service_(std::move(service)),
          limits_(service_->limits),
          stream_(std::make_shared<Stream>(std::move(socket), std::move(tls))),
          deadline_(service_->loop),
          peer_(peer) {
        ++service_->connections(peer_);
    }
    ~Connection() override { --service_->connections(peer_); }

    asio::awaitable<void> serve() override;
    void close() override {
        stream_->close();
        deadline_.cancel();
    }

  private:
    asio::awaitable<bool> greet();
    // False: the connection is to be closed.
    asio::awaitable<bool> serve_one();
    asio::awaitable<bool> send(Response response);
    asio::awaitable<void> drain();
    asio::awaitable<bool> refuse_read(error_code error);
    asio::awaitable<HttpResponse> handle(const Request& request);
    asio::awaitable<std::optional<HttpResponse>> upgrade(const Request& request);
    std::optional<Error> check(const Request& request) const;
    HttpRequest plain(const Request& request) const;
    // Cancels what the socket is doing when the time is over.
    void expire_after(std::chrono::seconds time);
    std::chrono::seconds idle() const {
        return std::chrono::seconds(limits_.value(Limit::http_idle_s));
    }

    std::shared_ptr<HttpService> service_;
    Limits& limits_;
    std::shared_ptr<Stream> stream_;
    asio::steady_timer deadline_;
    boost::beast::flat_buffer buffer_;
    Peer peer_;
    bool expired_ = false;
};

void Connection::expire_after(std::chrono::seconds time) {
    expired_ = false;
    deadline_.expires_after(time);
    deadline_.async_wait([this, alive = weak_from_this()](error_code error) {
        if (error || alive.expired()) return;
        expired_ = true;
        error_code ignored;
        stream_->socket().cancel(ignored);
    });
}

asio::awaitable<void> Connection::serve() {
    const auto self = shared_from_this();
    if (co_await greet())
        while (co_await serve_one()) {
        }
    deadline_.cancel();
    stream_->shutdown();
    stream_->close();
}

asio::awaitable<bool> Connection::greet() {
    if (!stream_->secure()) co_return true;
    expire_after(idle());
    error_code error;
    co_await stream_->async_handshake(asio::redirect_error(asio::use_awaitable, error));
    deadline_.cancel();
    if (!error) co_return true;
    ++service_->tls_failures;
    if (expired_) limits_.count_hit(Limit::http_idle_s);
    co_return false;
}

asio::awaitable<bool> Connection::serve_one() {
    http::request_parser<http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(limits_.value(Limit::http_header_bytes)));
    parser.body_limit(limits_.value(Limit::http_body_bytes));
    expire_after(idle());
    error_code error;
    co_await http::async_read_header(*stream_, buffer_, parser,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (!error && boost::beast::iequals(parser.get()[http::field::expect], "100-continue") &&
        !parser.is_done()) {
        http::response<http::empty_body> go_on{http::status::continue_, 11};
        co_await http::async_write(*stream_, go_on,
                                   asio::redirect_error(asio::use_awaitable, error));
    }
    if (!error)
        co_await http::async_read(*stream_, buffer_, parser,
                                  asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return co_await refuse_read(error);
    deadline_.cancel();
    const Request request = parser.release();
    const bool head = request.method() == http::verb::head;
    std::optional<HttpResponse> answer;
    if (auto wrong = check(request)) {
        answer = problem(*wrong);
    } else if (boost::beast::websocket::is_upgrade(request)) {
        answer = co_await upgrade(request);
        if (!answer) co_return false;  // the WebSocket has come and gone
    } else {
        answer = co_await handle(request);
    }
    co_return co_await send(
        to_wire(*std::move(answer), request.version(), request.keep_alive(), head));
}

asio::awaitable<bool> Connection::send(Response response) {
    const bool keep_alive = response.keep_alive();
    expire_after(idle());
    error_code error;
    co_await http::async_write(*stream_, response,
                               asio::redirect_error(asio::use_awaitable, error));
    deadline_.cancel();
    co_return !error && keep_alive;
}

// What can't be read is answered where the peer may still be listening, then closed.
asio::awaitable<bool> Connection::refuse_read(error_code error) {
    std::optional<Error> wrong;
    if (expired_) {
        limits_.count_hit(Limit::http_idle_s);
        if (buffer_.size() == 0) co_return false;  // idle between two requests
        wrong = Error{ErrorCode::timeout, "", "the request took too long", "limits.http_idle_s"};
    } else if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        limits_.count_hit(Limit::http_header_bytes);
        wrong = Error{ErrorCode::header_too_large, "", "the header is too large",
                      "limits.http_header_bytes"};
    } else if (error == http::error::body_limit) {
        limits_.count_hit(Limit::http_body_bytes);
        wrong = Error{ErrorCode::body_too_large, "",
                      "the body is larger than " +
                          std::to_string(limits_.value(Limit::http_body_bytes)) + " bytes",
                      "limits.http_body_bytes"};
    } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
               error != http::error::end_of_stream && error != http::error::partial_message) {
        wrong = Error{ErrorCode::bad_request, "", "not HTTP/1.1: " + error.message(), ""};
    }
    if (!wrong || !stream_->socket().is_open()) co_return false;
    co_await send(to_wire(problem(*wrong), 11, false, false));
    co_await drain();
    co_return false;
}

// Closing with unread input resets the connection and may take our answer away from the peer: what
// it is still sending is read and forgotten, within bounds.
asio::awaitable<void> Connection::drain() {
    error_code error;
    stream_->shutdown();
    expire_after(kDrainTime);
    std::array<char, 16384> forgotten;
    for (std::size_t total = 0; !error && total < kDrainBytes;)
        total += co_await stream_->socket().async_read_some(
            asio::buffer(forgotten), asio::redirect_error(asio::use_awaitable, error));
    deadline_.cancel();
}

std::optional<Error> Connection::check(const Request& request) const {
    const std::string_view host = request[http::field::host];
    if (peer_ == Peer::loopback && !stream_->secure() && !loopback_host(host))
        return Error{ErrorCode::forbidden_host, "",
                     "the request names the host '" + std::string(host.substr(0, 64)) + "'",
                     "use localhost, 127.0.0.1 or [::1]"};
    const bool has_body =
        request.method() == http::verb::post || request.method() == http::verb::patch;
    const std::string_view target = request.target();
    if (has_body && target.starts_with(kApiRoot) && !is_json(request[http::field::content_type]))
        return Error{ErrorCode::unsupported_media_type, "", "the body is not declared as JSON",
                     "Content-Type: application/json"};
    return std::nullopt;
}

HttpRequest Connection::plain(const Request& request) const {
    // Over TLS any name may lead here: only who uses this machine's own is taken for it.
    const bool other = peer_ == Peer::loopback && !loopback_host(request[http::field::host]);
    return {.method = std::string(request.method_string()),
            .target = std::string(request.target()),
            .content_type = std::string(request[http::field::content_type]),
            .body = request.body(),
            .authorization = std::string(request[http::field::authorization]),
            .if_match = std::string(request[http::field::if_match]),
            .if_none_match = std::string(request[http::field::if_none_match]),
            .origin = std::string(request[http::field::origin]),
            .peer = other ? Peer::remote : peer_};
}

asio::awaitable<HttpResponse> Connection::handle(const Request& request) {
    struct Pending {
        explicit Pending(asio::io_context& io) : done(io) {}
        std::optional<HttpResponse> answer;
        asio::steady_timer done;  // cancelled when the answer is there
    };
    const auto pending = std::make_shared<Pending>(service_->loop);
    const HttpRequest asked = plain(request);
    if (request.method() != http::verb::get)
        spdlog::info("{} {} from {}", asked.method, asked.target.substr(0, 200),
                     peer_text(stream_->socket()));
    try {
        service_->handler(asked, [pending](HttpResponse answer) {
            pending->answer = std::move(answer);
            pending->done.cancel();
        });
    } catch (const std::exception& e) {  // of a library: no request may end the process
        spdlog::error("{} {}: {}", asked.method, asked.target.substr(0, 200), e.what());
        co_return problem({ErrorCode::internal, "", "the request could not be carried out", ""});
    }
    if (!pending->answer) {
        error_code error;
        pending->done.expires_at(asio::steady_timer::time_point::max());
        co_await pending->done.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
    if (!pending->answer) co_return problem({ErrorCode::internal, "", "no answer", ""});
    co_return std::move(*pending->answer);
}

// Nullopt: it was granted, and has ended.
asio::awaitable<std::optional<HttpResponse>> Connection::upgrade(const Request& request) {
    if (!service_->upgrade)
        co_return problem({ErrorCode::not_found, "", "there is no WebSocket at this path", ""});
    if (buffer_.size() != 0)
        co_return problem({ErrorCode::bad_request, "", "there is more behind the request",
                           "a client waits for the answer (RFC 6455 section 4.1)"});
    if (!offers_subprotocol(request))
        co_return problem({ErrorCode::bad_request, "Sec-WebSocket-Protocol",
                           "the client doesn't speak " + std::string(kSubprotocol),
                           "Sec-WebSocket-Protocol: " + std::string(kSubprotocol)});
    const auto free = limits_.check_one_more(Limit::meeting_connections, service_->web_sockets);
    if (!free) co_return problem(free.error());
    auto accept = service_->upgrade(plain(request));
    if (!accept) co_return problem(accept.error());
    --service_->connections(peer_);  // it doesn't take the place of one that asks and goes
    ++service_->web_sockets;
    co_await serve_web_socket(stream_, request, *std::move(accept), limits_);
    --service_->web_sockets;
    ++service_->connections(peer_);
    co_return std::nullopt;
}

}  // namespace

std::shared_ptr<HttpConnection> HttpConnection::make(Socket socket,
                                                     std::shared_ptr<asio::ssl::context> tls,
                                                     Peer peer,
                                                     std::shared_ptr<HttpService> service) {
    return std::make_shared<Connection>(std::move(socket), std::move(tls), peer,
                                        std::move(service));
}

void turn_away(HttpConnection::Socket socket, HttpService& service) {
    const HttpResponse answer =
        problem({ErrorCode::too_many_connections, "http_connections",
                 "all " + std::to_string(service.limits.value(Limit::http_connections)) +
                     " connections are in use",
                 "close idle connections, or raise limits.http_connections"});
    const std::string text =
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: " +
        answer.content_type + "\r\nContent-Length: " + std::to_string(answer.body.size()) +
        "\r\n\r\n" + answer.body;
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(asio::socket_base::shutdown_send, ignored);
}

}  // namespace strata::control

#include "control/api/server.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <set>

#include "control/api/problem.h"
#include "control/room/endpoint.h"

// g++ 12 takes the operator delete of Asio's coroutine frames for a mismatch of their operator new.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

#ifdef BOOST_ASIO_HAS_IO_URING
#error "Boost 1.81 frees memory in use with liburing 2.3: build without BOOST_ASIO_HAS_IO_URING"
#endif

namespace strata::control {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;  // TCP and Unix alike
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

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
    if (!head) response.body() = std::move(answer.body);
    if (answer.status != 204) response.prepare_payload();
    return response;
}

std::string peer_text(Socket& socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
        peer.pid != 0)
        return "uid " + std::to_string(peer.uid) + " pid " + std::to_string(peer.pid);
    return "tcp";
}

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<State> {
    State(asio::io_context& io, HttpServerOptions o, Limits& l, HttpHandler h)
        : loop(io),
          options(std::move(o)),
          limits(l),
          handler(std::move(h)),
          unix_acceptor(io),
          tcp_acceptor(io) {}

    struct Connection {
        Connection(Socket s, bool over_tcp)
            : socket(std::move(s)), deadline(socket.get_executor()), tcp(over_tcp) {}
        // Cancels what the socket is doing when the time is over.
        void expire_after(std::chrono::seconds time) {
            expired = false;
            deadline.expires_after(time);
            deadline.async_wait([this, alive = std::weak_ptr(life)](error_code error) {
                if (error || alive.expired()) return;
                expired = true;
                error_code ignored;
                socket.cancel(ignored);
            });
        }
        std::shared_ptr<int> life = std::make_shared<int>();
        Socket socket;
        asio::steady_timer deadline;
        boost::beast::flat_buffer buffer;
        bool tcp;
        bool expired = false;
    };
    using ConnectionPtr = std::shared_ptr<Connection>;

    Result<void> listen_unix();
    Result<void> listen_tcp();
    template <typename Acceptor>
    asio::awaitable<void> accept(Acceptor& acceptor, bool tcp);
    void turn_away(Socket socket);
    asio::awaitable<void> serve(ConnectionPtr connection);
    // False: the connection is to be closed.
    asio::awaitable<bool> serve_one(Connection& connection);
    asio::awaitable<bool> send(Connection& connection, Response response);
    asio::awaitable<void> drain(Connection& connection);
    asio::awaitable<bool> refuse_read(Connection& connection, error_code error);
    asio::awaitable<HttpResponse> handle(Connection& connection, const Request& request);
    std::optional<Error> check(const Connection& connection, const Request& request) const;
    std::chrono::seconds idle() const {
        return std::chrono::seconds(limits.value(Limit::http_idle_s));
    }

    asio::io_context& loop;
    HttpServerOptions options;
    Limits& limits;
    HttpHandler handler;
    asio::local::stream_protocol::acceptor unix_acceptor;
    asio::ip::tcp::acceptor tcp_acceptor;
    std::set<ConnectionPtr> connections;
    bool bound_unix = false;
};

HttpServer::HttpServer(asio::io_context& loop, HttpServerOptions options, Limits& limits,
                       HttpHandler handler)
    : state_(std::make_shared<State>(loop, std::move(options), limits, std::move(handler))) {}

HttpServer::~HttpServer() { stop(); }

Result<void> HttpServer::start() {
    if (!state_->options.unix_path.empty())
        if (auto ok = state_->listen_unix(); !ok) return ok;
    if (!state_->options.tcp.empty())
        if (auto ok = state_->listen_tcp(); !ok) return ok;
    return {};
}

void HttpServer::stop() {
    error_code ignored;
    state_->unix_acceptor.close(ignored);
    state_->tcp_acceptor.close(ignored);
    if (std::exchange(state_->bound_unix, false)) unlink(state_->options.unix_path.c_str());
    for (const auto& connection : state_->connections) {
        connection->socket.close(ignored);
        connection->deadline.cancel();
    }
}

Result<void> HttpServer::State::listen_unix() {
    const std::string& path = options.unix_path;
    const auto failed = [&](const std::string& why) {
        return refuse(ErrorCode::internal, path, why, "see control.api_socket");
    };
    if (path.size() >= 108) return failed("the path is longer than a socket's may be (107 bytes)");
    const asio::local::stream_protocol::endpoint endpoint(path);
    error_code error;
    asio::local::stream_protocol::socket probe(loop);
    if (!probe.connect(endpoint, error)) return failed("somebody listens there already");
    struct stat file{};
    if (error == asio::error::connection_refused && lstat(path.c_str(), &file) == 0 &&
        S_ISSOCK(file.st_mode))
        unlink(path.c_str());
    unix_acceptor.open(endpoint.protocol(), error);
    const mode_t mask = umask(0177);
    if (!error) unix_acceptor.bind(endpoint, error);
    umask(mask);
    if (error) return failed("can't be bound: " + error.message());
    bound_unix = true;
    unix_acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error || chmod(path.c_str(), options.unix_mode) != 0) return failed("can't be opened");
    asio::co_spawn(loop, accept(unix_acceptor, false), asio::detached);
    return {};
}

Result<void> HttpServer::State::listen_tcp() {
    const auto failed = [&](const std::string& why) {
        return refuse(ErrorCode::internal, options.tcp, why, "see control.api_tcp");
    };
    const std::size_t colon = options.tcp.rfind(':');
    std::string host = options.tcp.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    error_code error;
    const auto address = asio::ip::make_address(host, error);
    if (colon == std::string::npos || error) return failed("not an address and a port");
    if (!address.is_loopback())
        return failed("not a loopback address, and there is no authentication yet");
    const auto port =
        static_cast<std::uint16_t>(std::strtoul(&options.tcp[colon + 1], nullptr, 10));
    const asio::ip::tcp::endpoint endpoint(address, port);
    tcp_acceptor.open(endpoint.protocol(), error);
    if (!error) tcp_acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) tcp_acceptor.bind(endpoint, error);
    if (!error) tcp_acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return failed("can't be bound: " + error.message());
    asio::co_spawn(loop, accept(tcp_acceptor, true), asio::detached);
    return {};
}

template <typename Acceptor>
asio::awaitable<void> HttpServer::State::accept(Acceptor& acceptor, bool tcp) {
    const auto self = shared_from_this();
    asio::steady_timer pause(loop);
    while (acceptor.is_open()) {
        error_code error;
        auto accepted =
            co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (error == asio::error::operation_aborted || !acceptor.is_open()) break;
        if (error) {  // out of descriptors: those in use have to end first
            pause.expires_after(std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
            continue;
        }
        if (connections.size() >= limits.value(Limit::http_connections)) {
            limits.count_hit(Limit::http_connections);
            turn_away(Socket(std::move(accepted)));
            continue;
        }
        auto connection = std::make_shared<Connection>(Socket(std::move(accepted)), tcp);
        connections.insert(connection);
        asio::co_spawn(loop, serve(std::move(connection)), asio::detached);
    }
}

// Says so in one write that doesn't wait.
void HttpServer::State::turn_away(Socket socket) {
    const HttpResponse answer = problem(
        {ErrorCode::too_many_connections, "http_connections",
         "all " + std::to_string(limits.value(Limit::http_connections)) + " connections are in use",
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

asio::awaitable<void> HttpServer::State::serve(ConnectionPtr connection) {
    const auto self = shared_from_this();
    while (co_await serve_one(*connection)) {
    }
    connection->deadline.cancel();
    error_code ignored;
    connection->socket.shutdown(asio::socket_base::shutdown_send, ignored);
    connection->socket.close(ignored);
    connections.erase(connection);
}

asio::awaitable<bool> HttpServer::State::serve_one(Connection& c) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(limits.value(Limit::http_header_bytes)));
    parser.body_limit(limits.value(Limit::http_body_bytes));
    c.expire_after(idle());
    error_code error;
    co_await http::async_read_header(c.socket, c.buffer, parser,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (!error && boost::beast::iequals(parser.get()[http::field::expect], "100-continue") &&
        !parser.is_done()) {
        http::response<http::empty_body> go_on{http::status::continue_, 11};
        co_await http::async_write(c.socket, go_on,
                                   asio::redirect_error(asio::use_awaitable, error));
    }
    if (!error)
        co_await http::async_read(c.socket, c.buffer, parser,
                                  asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return co_await refuse_read(c, error);
    c.deadline.cancel();
    const Request request = parser.release();
    const bool head = request.method() == http::verb::head;
    HttpResponse answer;
    if (auto wrong = check(c, request))
        answer = problem(*wrong);
    else
        answer = co_await handle(c, request);
    co_return co_await send(
        c, to_wire(std::move(answer), request.version(), request.keep_alive(), head));
}

asio::awaitable<bool> HttpServer::State::send(Connection& c, Response response) {
    const bool keep_alive = response.keep_alive();
    c.expire_after(idle());
    error_code error;
    co_await http::async_write(c.socket, response,
                               asio::redirect_error(asio::use_awaitable, error));
    c.deadline.cancel();
    co_return !error && keep_alive;
}

// What can't be read is answered where the peer may still be listening, then closed.
asio::awaitable<bool> HttpServer::State::refuse_read(Connection& c, error_code error) {
    std::optional<Error> wrong;
    if (c.expired) {
        limits.count_hit(Limit::http_idle_s);
        if (c.buffer.size() == 0) co_return false;  // idle between two requests
        wrong = Error{ErrorCode::timeout, "", "the request took too long", "limits.http_idle_s"};
    } else if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        limits.count_hit(Limit::http_header_bytes);
        wrong = Error{ErrorCode::header_too_large, "", "the header is too large",
                      "limits.http_header_bytes"};
    } else if (error == http::error::body_limit) {
        limits.count_hit(Limit::http_body_bytes);
        wrong = Error{ErrorCode::body_too_large, "",
                      "the body is larger than " +
                          std::to_string(limits.value(Limit::http_body_bytes)) + " bytes",
                      "limits.http_body_bytes"};
    } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
               error != http::error::end_of_stream && error != http::error::partial_message) {
        wrong = Error{ErrorCode::bad_request, "", "not HTTP/1.1: " + error.message(), ""};
    }
    if (!wrong || !c.socket.is_open()) co_return false;
    co_await send(c, to_wire(problem(*wrong), 11, false, false));
    co_await drain(c);
    co_return false;
}

// Closing with unread input resets the connection and may take our answer away from the peer: what
// it is still sending is read and forgotten, within bounds.
asio::awaitable<void> HttpServer::State::drain(Connection& c) {
    error_code error;
    c.socket.shutdown(asio::socket_base::shutdown_send, error);
    c.expire_after(kDrainTime);
    std::array<char, 16384> forgotten;
    for (std::size_t total = 0; !error && total < kDrainBytes;)
        total += co_await c.socket.async_read_some(
            asio::buffer(forgotten), asio::redirect_error(asio::use_awaitable, error));
    c.deadline.cancel();
}

std::optional<Error> HttpServer::State::check(const Connection& c, const Request& request) const {
    const std::string_view host = request[http::field::host];
    if (c.tcp && !loopback_host(host))
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

asio::awaitable<HttpResponse> HttpServer::State::handle(Connection& c, const Request& request) {
    struct Pending {
        explicit Pending(asio::io_context& io) : done(io) {}
        std::optional<HttpResponse> answer;
        asio::steady_timer done;  // cancelled when the answer is there
    };
    const auto pending = std::make_shared<Pending>(loop);
    const HttpRequest plain{
        .method = std::string(request.method_string()),
        .target = std::string(request.target()),
        .content_type = std::string(request[http::field::content_type]),
        .body = request.body(),
        .authorization = std::string(request[http::field::authorization]),
        .if_match = std::string(request[http::field::if_match]),
        .origin = std::string(request[http::field::origin]),
        .peer = c.tcp ? HttpRequest::Peer::loopback : HttpRequest::Peer::unix_socket};
    if (request.method() != http::verb::get)
        spdlog::info("{} {} from {}", plain.method, plain.target.substr(0, 200),
                     peer_text(c.socket));
    try {
        handler(plain, [pending](HttpResponse answer) {
            pending->answer = std::move(answer);
            pending->done.cancel();
        });
    } catch (const std::exception& e) {  // of a library: no request may end the process
        spdlog::error("{} {}: {}", plain.method, plain.target.substr(0, 200), e.what());
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

}  // namespace strata::control

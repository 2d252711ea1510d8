#include "control/api/server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <set>

#include "control/api/http_connection.h"

// g++ 12 takes the operator delete of Asio's coroutine frames for a mismatch of their operator new.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

#ifdef BOOST_ASIO_HAS_IO_URING
#error "Boost 1.81 frees memory in use with liburing 2.3: build without BOOST_ASIO_HAS_IO_URING"
#endif

namespace strata::control {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;  // TCP and Unix alike
using Peer = HttpRequest::Peer;

constexpr const char* kTlsCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2

struct Endpoint {
    asio::ip::tcp::endpoint tcp;
    bool loopback = false;
};

// "127.0.0.1:8410", "[::]:8443"
std::optional<Endpoint> endpoint_at(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos) return std::nullopt;
    std::string host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    error_code error;
    const auto address = asio::ip::make_address(host, error);
    if (error) return std::nullopt;
    const auto port = static_cast<std::uint16_t>(std::strtoul(&text[colon + 1], nullptr, 10));
    return Endpoint{{address, port}, address.is_loopback()};
}

bool from_loopback(const asio::ip::tcp::socket& socket) {
    error_code error;
    const auto peer = socket.remote_endpoint(error);
    if (error) return false;
    const asio::ip::address address = peer.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
    return address.is_loopback();
}

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<State> {
    State(asio::io_context& io, HttpServerOptions o, Limits& l, HttpHandler h, UpgradeHandler u)
        : options(std::move(o)),
          service(std::make_shared<HttpService>(HttpService{
              .loop = io, .limits = l, .handler = std::move(h), .upgrade = std::move(u)})),
          unix_acceptor(io),
          tcp_acceptor(io),
          https_acceptor(io) {}

    Result<void> listen_unix();
    Result<void> listen_tcp();
    Result<void> listen_https();
    error_code listen(asio::ip::tcp::acceptor& acceptor, const asio::ip::tcp::endpoint& endpoint);
    template <typename Acceptor>
    asio::awaitable<void> accept(Acceptor& acceptor, bool secure);
    void admit(Socket socket, Peer peer, bool secure);
    asio::awaitable<void> serve(std::shared_ptr<HttpConnection> connection);

    HttpServerOptions options;
    std::shared_ptr<HttpService> service;
    std::shared_ptr<ssl::context> tls;  // connections keep the one they began with
    asio::local::stream_protocol::acceptor unix_acceptor;
    asio::ip::tcp::acceptor tcp_acceptor, https_acceptor;
    std::set<std::shared_ptr<HttpConnection>> connections;
    std::uint64_t handed_over = 0;
    bool bound_unix = false;
    bool stopped = false;
};

HttpServer::HttpServer(asio::io_context& loop, HttpServerOptions options, Limits& limits,
                       HttpHandler handler, UpgradeHandler upgrade)
    : state_(std::make_shared<State>(loop, std::move(options), limits, std::move(handler),
                                     std::move(upgrade))) {}

HttpServer::~HttpServer() { stop(); }

Result<void> HttpServer::use(const TlsIdentity& identity) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    error_code error;
    context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                             ssl::context::no_tlsv1_1 | SSL_OP_NO_RENEGOTIATION |
                             SSL_OP_CIPHER_SERVER_PREFERENCE,
                         error);
    if (!error) context->use_certificate_chain(asio::buffer(identity.chain), error);
    if (!error) context->use_private_key(asio::buffer(identity.key), ssl::context::pem, error);
    if (error || SSL_CTX_set_cipher_list(context->native_handle(), kTlsCiphers) != 1)
        return refuse(ErrorCode::internal, "control.https", "TLS: " + error.message());
    state_->tls = std::move(context);
    return {};
}

Result<void> HttpServer::start() {
    if (!state_->options.unix_path.empty())
        if (auto ok = state_->listen_unix(); !ok) return ok;
    if (!state_->options.tcp.empty())
        if (auto ok = state_->listen_tcp(); !ok) return ok;
    if (!state_->options.https.empty())
        if (auto ok = state_->listen_https(); !ok) return ok;
    return {};
}

void HttpServer::stop() {
    state_->stopped = true;
    error_code ignored;
    state_->unix_acceptor.close(ignored);
    state_->tcp_acceptor.close(ignored);
    state_->https_acceptor.close(ignored);
    if (std::exchange(state_->bound_unix, false)) unlink(state_->options.unix_path.c_str());
    for (const auto& connection : state_->connections) connection->close();
}

HttpServer::Counters HttpServer::counters() const {
    return {.web_sockets = state_->service->web_sockets,
            .handed_over = state_->handed_over,
            .tls_failures = state_->service->tls_failures};
}

void HttpServer::take(int descriptor) {
    asio::ip::tcp::socket socket(state_->service->loop);
    error_code error;
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    const bool named = getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) == 0;
    const auto protocol = own.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
    if (named && (own.ss_family == AF_INET || own.ss_family == AF_INET6))
        socket.assign(protocol, descriptor, error);
    if (!socket.is_open() || error || !state_->tls || state_->stopped) {
        if (!socket.is_open()) ::close(descriptor);
        return;
    }
    ++state_->handed_over;
    const Peer peer = from_loopback(socket) ? Peer::loopback : Peer::remote;
    state_->admit(Socket(std::move(socket)), peer, true);
}

Result<void> HttpServer::State::listen_unix() {
    const std::string& path = options.unix_path;
    const auto failed = [&](const std::string& why) {
        return refuse(ErrorCode::internal, path, why, "see control.api_socket");
    };
    if (path.size() >= 108) return failed("the path is longer than a socket's may be (107 bytes)");
    const asio::local::stream_protocol::endpoint endpoint(path);
    error_code error;
    asio::local::stream_protocol::socket probe(service->loop);
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
    asio::co_spawn(service->loop, accept(unix_acceptor, false), asio::detached);
    return {};
}

error_code HttpServer::State::listen(asio::ip::tcp::acceptor& acceptor,
                                     const asio::ip::tcp::endpoint& endpoint) {
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    return error;
}

Result<void> HttpServer::State::listen_tcp() {
    const auto failed = [&](const std::string& why) {
        return refuse(ErrorCode::internal, options.tcp, why, "see control.api_tcp");
    };
    const auto endpoint = endpoint_at(options.tcp);
    if (!endpoint) return failed("not an address and a port");
    if (!endpoint->loopback)
        return failed("not a loopback address; others are served over TLS, by control.https");
    if (const error_code error = listen(tcp_acceptor, endpoint->tcp); error)
        return failed("can't be bound: " + error.message());
    asio::co_spawn(service->loop, accept(tcp_acceptor, false), asio::detached);
    return {};
}

Result<void> HttpServer::State::listen_https() {
    const auto failed = [&](const std::string& why) {
        return refuse(ErrorCode::internal, options.https, why, "see control.https");
    };
    const auto endpoint = endpoint_at(options.https);
    if (!endpoint) return failed("not an address and a port");
    if (!tls) return failed("there is no certificate");
    if (const error_code error = listen(https_acceptor, endpoint->tcp); error)
        return failed("can't be bound: " + error.message());
    asio::co_spawn(service->loop, accept(https_acceptor, true), asio::detached);
    return {};
}

template <typename Acceptor>
asio::awaitable<void> HttpServer::State::accept(Acceptor& acceptor, bool secure) {
    const auto self = shared_from_this();
    asio::steady_timer pause(service->loop);
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
        Peer peer = Peer::unix_socket;
        if constexpr (std::is_same_v<Acceptor, asio::ip::tcp::acceptor>)
            peer = from_loopback(accepted) ? Peer::loopback : Peer::remote;
        admit(Socket(std::move(accepted)), peer, secure);
    }
}

void HttpServer::State::admit(Socket socket, Peer peer, bool secure) {
    if (service->connections(peer) >= service->limits.value(Limit::http_connections)) {
        service->limits.count_hit(Limit::http_connections);
        if (!secure) turn_away(std::move(socket), *service);
        return;
    }
    asio::co_spawn(
        service->loop,
        serve(HttpConnection::make(std::move(socket), secure ? tls : nullptr, peer, service)),
        asio::detached);
}

asio::awaitable<void> HttpServer::State::serve(std::shared_ptr<HttpConnection> connection) {
    const auto self = shared_from_this();
    connections.insert(connection);
    co_await connection->serve();
    connections.erase(connection);
}

}  // namespace strata::control

#include "control/api/web_socket_session.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>

// g++ 12 takes the operator delete of Asio's coroutine frames for a mismatch of their operator new.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace strata::control {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

// For the answer to the upgrade and for the peer's own close.
constexpr std::chrono::seconds kHandshakeTime{10};
constexpr int kUnansweredPings = 2;

// What is called may hold the socket that calls: that ends with the connection, also where the loop
// goes first.
struct Forgetting {
    WebSocket::Events& events;
    ~Forgetting() { events = {}; }
};

// Reads in `serve`, writes in `write`, pings in `ping`: at most one of each runs at a time.
class Session : public WebSocket, public std::enable_shared_from_this<Session> {
  public:
    Session(std::shared_ptr<Stream> stream, Limits& limits)
        : limits_(limits),
          stream_(std::move(stream)),
          socket_(*stream_),
          ping_timer_(stream_->get_executor()) {}

    asio::awaitable<void> serve(const UpgradeRequest& request, WebSocketAcceptor accept);
    void send(std::string text) override;
    void close(CloseCode code, std::string_view reason) override;

  private:
    void wake();
    void deliver(std::string_view text);
    asio::awaitable<void> read();
    asio::awaitable<void> write();
    asio::awaitable<void> ping();

    Limits& limits_;
    std::shared_ptr<Stream> stream_;
    websocket::stream<Stream&, false> socket_;  // without compression
    asio::steady_timer ping_timer_;
    Events events_;
    std::deque<std::string> queue_;
    std::size_t queued_bytes_ = 0;
    std::optional<websocket::close_reason> closing_;
    bool writing_ = false;
    bool ended_ = false;
    int unanswered_pings_ = 0;
};

void Session::send(std::string text) {
    if (closing_ || ended_) return;
    queued_bytes_ += text.size();
    if (queued_bytes_ > limits_.value(Limit::meeting_queue_bytes)) {
        limits_.count_hit(Limit::meeting_queue_bytes);
        return stream_->close();  // a frame to say so would wait behind the others
    }
    queue_.push_back(std::move(text));
    wake();
}

void Session::close(CloseCode code, std::string_view reason) {
    if (closing_ || ended_) return;
    closing_ = websocket::close_reason(static_cast<websocket::close_code>(code),
                                       reason.substr(0, 123));  // RFC 6455 section 5.5
    wake();
}

void Session::wake() {
    if (std::exchange(writing_, true)) return;
    asio::co_spawn(
        stream_->get_executor(), [self = shared_from_this()] { return self->write(); },
        asio::detached);
}

asio::awaitable<void> Session::write() {
    error_code error;
    while (!queue_.empty() && !error && !ended_) {
        const std::string text = std::move(queue_.front());
        queue_.pop_front();
        co_await socket_.async_write(asio::buffer(text),
                                     asio::redirect_error(asio::use_awaitable, error));
        queued_bytes_ -= text.size();
    }
    writing_ = false;
    if (error || ended_ || !closing_) co_return;
    writing_ = true;  // for good
    co_await socket_.async_close(*closing_, asio::redirect_error(asio::use_awaitable, error));
}

asio::awaitable<void> Session::ping() {
    const std::chrono::seconds interval(limits_.value(Limit::meeting_ping_s));
    error_code error;
    while (!ended_) {
        ping_timer_.expires_after(interval);
        co_await ping_timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
        if (error || ended_) break;
        if (unanswered_pings_ == kUnansweredPings) {
            limits_.count_hit(Limit::meeting_ping_s);
            stream_->close();
            break;
        }
        ++unanswered_pings_;
        co_await socket_.async_ping({}, asio::redirect_error(asio::use_awaitable, error));
        if (error) break;
    }
}

void Session::deliver(std::string_view text) {
    try {
        events_.message(text);
    } catch (const std::exception& e) {  // of a library: no message may end the process
        spdlog::error("a message to a WebSocket: {}", e.what());
        stream_->close();
    }
}

asio::awaitable<void> Session::read() {
    boost::beast::flat_buffer buffer;
    while (true) {
        error_code error;
        co_await socket_.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
        if (error == websocket::error::message_too_big)
            limits_.count_hit(Limit::meeting_message_bytes);
        if (error) co_return;
        if (!socket_.got_text()) {
            close(CloseCode::unsupported, "text messages only");
        } else if (!closing_) {
            deliver({static_cast<const char*>(buffer.cdata().data()), buffer.size()});
        }
        buffer.consume(buffer.size());
    }
}

asio::awaitable<void> Session::serve(const UpgradeRequest& request, WebSocketAcceptor accept) {
    const auto self = shared_from_this();
    socket_.set_option(
        websocket::stream_base::timeout{.handshake_timeout = kHandshakeTime,
                                        .idle_timeout = websocket::stream_base::none(),
                                        .keep_alive_pings = false});
    socket_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
        response.set(http::field::server, "strata");
        response.set(http::field::sec_websocket_protocol, kSubprotocol);
    }));
    socket_.read_message_max(limits_.value(Limit::meeting_message_bytes));
    socket_.control_callback([this](websocket::frame_type type, boost::beast::string_view) {
        if (type == websocket::frame_type::pong) unanswered_pings_ = 0;
    });
    error_code error;
    co_await socket_.async_accept(request, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    events_ = accept(self);
    const Forgetting forgetting{events_};
    asio::co_spawn(stream_->get_executor(), [self] { return self->ping(); }, asio::detached);
    co_await read();
    ended_ = true;
    ping_timer_.cancel();
    stream_->close();  // ends what the other coroutines are at
    events_.closed();
}

}  // namespace

bool offers_subprotocol(const UpgradeRequest& request) {
    return http::token_list(request[http::field::sec_websocket_protocol]).exists(kSubprotocol);
}

asio::awaitable<void> serve_web_socket(std::shared_ptr<Stream> stream,
                                       const UpgradeRequest& request, WebSocketAcceptor accept,
                                       Limits& limits) {
    const auto session = std::make_shared<Session>(std::move(stream), limits);
    co_await session->serve(request, std::move(accept));
}

}  // namespace strata::control

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "control/api/http_message.h"
#include "control/room/error.h"

// A WebSocket connection (RFC 6455), without the library that speaks it.
namespace strata::control {

// Close codes, RFC 6455 section 7.4.1.
enum class CloseCode : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    unsupported = 1003,  // not text
    policy = 1008,
};

// Our end of one. Text messages only, each at most limits.meeting_message_bytes. Loop's thread.
class WebSocket {
  public:
    struct Events {
        std::function<void(std::string_view)> message;
        std::function<void()> closed;  // once, whoever ended it; nothing is called after it
    };
    virtual ~WebSocket() = default;

    // In the order of the calls, and without effect once it is closing. A peer that doesn't read
    // loses its connection when limits.meeting_queue_bytes wait for it.
    virtual void send(std::string text) = 0;
    // Behind all that was sent.
    virtual void close(CloseCode code, std::string_view reason) = 0;
};
using WebSocketPtr = std::shared_ptr<WebSocket>;

// What is done with a connection that has become a WebSocket.
using WebSocketAcceptor = std::function<WebSocket::Events(WebSocketPtr)>;
// Whether a request to upgrade is granted.
using UpgradeHandler = std::function<Result<WebSocketAcceptor>(const HttpRequest&)>;

constexpr std::string_view kSubprotocol = "strata.v1";

}  // namespace strata::control

#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "control/api/http_message.h"
#include "control/api/web_socket.h"
#include "control/dtls/handshakes.h"
#include "control/node/node.h"

namespace boost::asio {
class io_context;
}

namespace strata::control {

class StatisticsView;

// Everything that WebRTC peers need of control, put together: certificates, DTLS over the punt
// socket, sessions, and the HTTP entries. Loop's thread.
class Signalling {
  public:
    using After = std::function<void(std::chrono::milliseconds, std::function<void()>)>;
    // `loop`, `node` and `statistics` outlive it. Fails where the key of tokens or a certificate
    // can't be had.
    static Result<std::unique_ptr<Signalling>> make(boost::asio::io_context& loop, Node& node,
                                                    StatisticsView& statistics, After after);
    ~Signalling();

    void start();
    void stop();
    static bool owns(std::string_view target);
    void handle(const HttpRequest& request, const HttpRespond& respond);
    // Meetings are joined by WebSocket.
    Result<WebSocketAcceptor> upgrade(const HttpRequest& request);
    // Tells members of meetings to come back later; false: there are none.
    bool drain();
    // Whether the API may be used: by this machine as ever, by others with an admin's token for all
    // rooms.
    Result<void> may_administer(const HttpRequest& request) const;

  private:
    struct Parts;
    explicit Signalling(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace strata::control

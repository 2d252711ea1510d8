#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "control/room/records.h"

namespace boost::asio {
class io_context;
}

namespace strata::control {

// Datagrams that the data plane doesn't understand come up, and answers go down, on a socket of
// their own beside the control link (docs/decisions/0006). Reconnects for as long as it lives;
// nothing is kept for a data plane that isn't there or doesn't read: DTLS repeats. Loop's thread.
class PuntLink {
  public:
    struct Counters {
        std::uint64_t received = 0, sent = 0;
        std::uint64_t dropped = 0;  // answers that nobody took
        std::uint64_t refused = 0;  // messages that can't be read
    };
    using Receive = std::function<void(ParticipantId, std::span<const std::uint8_t>)>;

    // `path` of the punt socket. Nothing happens before `start`.
    PuntLink(boost::asio::io_context& loop, std::string path, std::uint32_t reconnect_ms,
             Receive receive);
    ~PuntLink();

    void start();
    void stop();
    void send(ParticipantId peer, std::span<const std::uint8_t> datagram);
    const Counters& counters() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace strata::control

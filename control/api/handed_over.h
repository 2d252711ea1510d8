#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace strata::control {

// TLS connections that came to the data plane's TCP port and are control's to serve: one
// SOCK_SEQPACKET message of one byte, 'T', with the connection's descriptor (SCM_RIGHTS) each. Of a
// connection's bytes none has been read. Reconnects for as long as it lives. Loop's thread.
class HandedOver {
  public:
    // The receiver owns the descriptor.
    using Receive = std::function<void(int descriptor)>;

    // `path` of the data plane's socket. Nothing happens before `start`.
    HandedOver(boost::asio::io_context& loop, std::string path, std::uint32_t reconnect_ms,
               Receive receive);
    ~HandedOver();

    void start();
    void stop();
    // Messages that were of another form.
    std::uint64_t refused() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace strata::control

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "control/link/session.h"

namespace boost::asio {
class io_context;
}

namespace strata::control {

struct DataplaneLinkOptions {
    std::string socket;                      // where the data plane listens
    std::uint32_t reconnect_ms = 100;        // pause between attempts
    std::uint32_t resync_timeout_ms = 5000;  // for any answer that is due
};

// Connects a LinkSession to the data plane's socket, again and again, for as long as it lives. A
// missing data plane is looked for every `reconnect_ms`; one that refuses or doesn't answer is left
// alone for longer each time, up to 5 s. Runs on the loop's thread.
class DataplaneLink {
  public:
    // All arguments outlive the link. Nothing happens before `start`.
    DataplaneLink(boost::asio::io_context& loop, LinkSession& session,
                  DataplaneLinkOptions options);
    ~DataplaneLink();

    void start();
    // Ends the connection for good; the data plane keeps forwarding.
    void stop();
    // The session has something to say: call after LinkSession::mark.
    void wake();

    std::uint64_t connects() const;
    // From the connection to the answer to the commit; 0: never yet.
    std::uint64_t last_resync_us() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace strata::control

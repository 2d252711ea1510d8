#pragma once

#include <string>

#include "control/api/api.h"
#include "control/api/handed_over.h"
#include "control/api/server.h"
#include "control/node/node.h"
#include "control/signalling/signalling.h"

namespace strata::control {

// Where everybody comes in: the listeners of [control], TLS connections that the data plane hands
// over, and which part of the program a request is for. Loop's thread.
class Front {
  public:
    // All outlive it.
    Front(boost::asio::io_context& loop, Node& node, Api& api, Signalling& signalling);

    // Fails where a listener or the certificate can't be had.
    Result<void> start();
    void stop();

  private:
    void handle(const HttpRequest& request, const HttpRespond& respond);
    Result<void> show_certificate();
    Node::NamedCounters counters() const;

    Node& node_;
    Api& api_;
    Signalling& signalling_;
    HttpServer server_;
    HandedOver handed_over_;
};

}  // namespace strata::control

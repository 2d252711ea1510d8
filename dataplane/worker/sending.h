#pragma once

#include <rte_mbuf.h>

#include <memory>
#include <span>
#include <vector>

#include "dataplane/worker/fanout.h"

namespace strata::dataplane {

// How a packet's outputs leave.
struct Sending {
    TxClass tx_class;
    FanOut::Input input;
    relay::TimeUs now;
};

// A worker's, by port.
using FanOuts = std::vector<std::unique_ptr<FanOut>>;

// Each by its port. Receivers of one output share a port: the leg is part of their profile.
void send_all(const FanOuts& fan_outs, std::span<const relay::Output> outputs, rte_mbuf& packet,
              Sending how);

}  // namespace strata::dataplane

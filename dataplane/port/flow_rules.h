#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "dataplane/port/steering.h"

struct rte_flow;

namespace strata::dataplane {

// A device's rules (rte_flow) that bring datagrams to a worker's UDP port, by IPv4 and by IPv6, to
// its receive queue. What they don't match comes to queue 0. Main thread.
class FlowRules {
  public:
    FlowRules() = default;
    FlowRules(std::uint16_t device, const SteeredPorts& ports) : device_(device), ports_(ports) {}

    // Whether the device, whose queues are set up, would take them. The error says why not.
    std::expected<void, std::string> validate() const;
    // All of them or, with the reason, none. The device has started.
    std::expected<void, std::string> create();
    // Before the device stops. Those that it has lost by itself are forgotten.
    void destroy();

    std::size_t size() const { return rules_.size(); }

  private:
    std::uint16_t device_ = 0;
    SteeredPorts ports_;
    std::vector<rte_flow*> rules_;
};

}  // namespace strata::dataplane

#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "dataplane/port/flow_key.h"
#include "dataplane/port/port.h"
#include "dataplane/worker/timer_wheel.h"
#include "relay/ice/agent.h"

namespace strata::dataplane {

// What a WebRTC transport has besides others: its agent, and where the agent's tuples lead. Built
// on the main thread, then its worker's.
struct IceTransport {
    struct Tuple {
        std::uint8_t port = 0;                // which of the worker's
        bool bound = false;                   // in the worker's table, with a link
        TxClass uppermost = kHighestTxClass;  // of a connection: classes above it are left out
        FlowKey flow{};
        Link link{};
    };

    IceTransport(std::vector<relay::IceCredentials> credentials, const relay::IceLimits& limits)
        : agent(std::move(credentials), limits) {}

    relay::IceAgent agent;
    std::array<Tuple, relay::kMaxIceTuples> tuples;  // by the agent's numbers
    std::uint8_t bound = 0;                          // how many of them are
    std::uint8_t selected = relay::kNoIceTuple;      // where media goes
    bool muted = false;                              // consent is lost: receivers wait (C49)
    Timer timer;                                     // for when the consent runs out
};

// The tuple at `flow`, or kNoIceTuple.
inline std::uint8_t tuple_at(const IceTransport& ice, const FlowKey& flow) {
    for (std::uint8_t i = 0; i < ice.tuples.size(); ++i)
        if (ice.tuples[i].bound && ice.tuples[i].flow == flow) return i;
    return relay::kNoIceTuple;
}

// What an ICE restart, or its end, changes (C44).
struct IceChange {
    IceChange(std::vector<relay::IceCredentials> to, relay::TimeUs timeout_us)
        : credentials(std::move(to)), consent_timeout_us(timeout_us) {}

    std::vector<relay::IceCredentials> credentials;
    relay::TimeUs consent_timeout_us;
};

}  // namespace strata::dataplane

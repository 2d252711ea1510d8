#pragma once

#include <rte_mbuf.h>

#include <cstdint>
#include <vector>

#include "dataplane/net/ethernet_link.h"
#include "relay/rtp/types.h"

namespace strata::dataplane {

// Packets of one queue that wait for their next hop's MAC. The frames were written with the index
// of their entry in the destination's place (see net::NeighbourTable). Bounded; one thread.
class HeldPackets {
    struct Waiting {
        rte_mbuf* packet;
        relay::TimeUs since_us;
    };

  public:
    HeldPackets(std::uint32_t capacity, relay::TimeUs limit_us);
    static constexpr std::size_t bytes_for(std::uint32_t capacity) {
        return capacity * sizeof(Waiting);
    }
    ~HeldPackets();
    HeldPackets(const HeldPackets&) = delete;
    HeldPackets& operator=(const HeldPackets&) = delete;

    // Takes as many of the first ones as there is room for.
    std::uint32_t hold(rte_mbuf** packets, std::uint32_t n, relay::TimeUs now);
    std::uint32_t size() const { return static_cast<std::uint32_t>(waiting_.size()); }

    struct Released {
        std::uint32_t ready = 0;    // moved to `out`, their destination filled in
        std::uint32_t expired = 0;  // waited too long: freed
    };
    // Moves up to `n` packets whose next hop answered to `out`, in order.
    Released release(const net::Neighbour* neighbours, rte_mbuf** out, std::uint32_t n,
                     relay::TimeUs now);

  private:
    std::uint32_t capacity_;
    relay::TimeUs limit_us_;
    std::vector<Waiting> waiting_;  // never beyond its reserved capacity
};

}  // namespace strata::dataplane

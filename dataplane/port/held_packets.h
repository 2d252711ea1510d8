#pragma once

#include <rte_mbuf.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/net/ethernet_link.h"
#include "dataplane/port/held_fate.h"
#include "relay/rtp/types.h"

namespace strata::dataplane {

// Packets of one queue that wait for their next hop's MAC. The frames were written with whom they
// wait for in the destination's place (net::Awaited). Bounded, for each next hop too: it may have
// one more while it has fewer than places are left. So a single one gets half of them, N that never
// answer leave a place in N + 1 to the others, and nobody has to be turned out. One thread.
class HeldPackets {
    struct Waiting {
        rte_mbuf* packet;
        relay::TimeUs since_us;
        std::uint32_t number;
    };

  public:
    struct Limits {
        std::uint32_t packets = 0;     // 0..65536
        std::uint32_t neighbours = 1;  // of the table: their indices are below it, 1..65536
        relay::TimeUs wait_us = 0;
    };
    explicit HeldPackets(const Limits& limits);
    static constexpr std::size_t bytes_for(std::uint32_t packets, std::uint32_t neighbours) {
        return packets * (sizeof(Waiting) + sizeof(std::uint32_t)) + fates_for(packets) +
               neighbours * sizeof(std::uint16_t);
    }
    ~HeldPackets();
    HeldPackets(const HeldPackets&) = delete;
    HeldPackets& operator=(const HeldPackets&) = delete;

    // Takes the first ones, up to one for which there is no room: how many. Those behind that one
    // may have room.
    std::uint32_t hold(rte_mbuf** packets, std::uint32_t n, relay::TimeUs now);
    std::uint32_t size() const { return static_cast<std::uint32_t>(waiting_.size()); }

    struct Released {
        std::uint32_t ready = 0;  // moved to `out`, their destination filled in
        // Freed: waited too long, or for somebody whose entry is another's now.
        std::uint32_t dropped = 0;
    };
    // Packets have numbers in the order in which they were taken: that of the newest one.
    std::uint32_t newest() const { return newest_; }
    // What became of one. Remembered of the last ones, twice as many as there is room for.
    HeldFate fate(std::uint32_t number) const { return fates_[number & (fates_.size() - 1)]; }

    // Moves up to `n` packets whose next hop answered to `out`, in order.
    Released release(const net::Neighbour* neighbours, rte_mbuf** out, std::uint32_t n,
                     relay::TimeUs now);
    // Of those moved last only the first `n` could be sent.
    void only_sent(std::uint32_t n);

  private:
    static constexpr std::size_t fates_for(std::uint32_t capacity) {
        return std::bit_ceil(std::max<std::size_t>(capacity, 1) * 2);
    }
    void end(std::uint32_t number, HeldFate fate) { fates_[number & (fates_.size() - 1)] = fate; }

    std::uint32_t capacity_;
    relay::TimeUs limit_us_;
    std::vector<std::uint16_t> of_hop_;    // how many wait, by index; half of the capacity at most
    std::vector<Waiting> waiting_;         // never beyond its reserved capacity
    std::vector<std::uint32_t> released_;  // likewise; numbers of those moved last
    std::uint32_t newest_ = 0;
    std::vector<HeldFate> fates_;
};

}  // namespace strata::dataplane

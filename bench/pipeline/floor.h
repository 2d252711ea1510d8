#pragma once

#include <rte_hash.h>

#include <memory>
#include <vector>

#include "bench/pipeline/shape.h"
#include "bench/pipeline/stream.h"
#include "dataplane/port/pools.h"
#include "relay/rtp/packet.h"

namespace strata::bench {

// What a packet that nobody wants costs at least where each is read: a whole burst is looked up in
// DPDK's own hash table, each packet is parsed and counted in its publisher's record, one cache
// line, and all are freed. No track, no reception statistics, no timers.
class Floor {
  public:
    Floor(const Shape& shape, const dataplane::Pools& pools);
    ~Floor();

    // Takes `inputs` packets through; returns the nanoseconds from receiving to having freed them.
    double run_timed(std::uint64_t inputs);

  private:
    struct alignas(64) Publisher {
        std::uint32_t ssrc = 0;
        std::uint16_t highest = 0;
        std::uint64_t packets = 0, bytes = 0, upper = 0, malformed = 0;
    };
    struct Free {
        void operator()(rte_hash* table) const { rte_hash_free(table); }
    };

    void turn();
    void look_at(const rte_mbuf& packet, Publisher& publisher);

    const dataplane::Pools& pools_;
    dataplane::MemoryPort port_;
    Stream stream_;
    relay::PacketParser parser_;
    std::unique_ptr<rte_hash, Free> publishers_of_;
    std::vector<Publisher> publishers_;
};

}  // namespace strata::bench

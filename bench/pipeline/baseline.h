#pragma once

#include "bench/pipeline/shape.h"
#include "bench/pipeline/stream.h"
#include "dataplane/port/pools.h"

namespace strata::bench {

// What the product is measured beside: loops over the same input, pools, port and header length
// that decide and rewrite nothing.
class Baseline {
  public:
    enum class Kind : std::uint8_t {
        ceiling,  // zero copy: header copied, payload chained, reference count raised once
        copy,     // header and payload copied for every receiver
    };
    // `header_bytes`: Product's.
    Baseline(Kind kind, const Shape& shape, std::uint16_t header_bytes,
             const dataplane::Pools& pools);
    ~Baseline();

    // Takes `inputs` packets through; returns the outputs that were sent.
    std::uint64_t run(std::uint64_t inputs);

  private:
    void fan_out(rte_mbuf* packet);
    void send(rte_mbuf** packets, std::uint32_t n);
    void checksum(std::uint8_t* frame, std::uint32_t payload_sum) const;

    Kind kind_;
    std::uint32_t receivers_;  // of each room
    bool udp_checksum_;
    std::uint16_t header_bytes_;
    std::uint16_t shared_offset_, shared_bytes_;  // of the received packet
    const dataplane::Pools& pools_;
    dataplane::MemoryPort port_;
    Stream stream_;
    alignas(64) std::array<std::uint8_t, 128> header_{};
    std::uint64_t outputs_ = 0;
    std::array<rte_mbuf*, 64> batch_{};
    std::uint32_t batched_ = 0;
};

}  // namespace strata::bench

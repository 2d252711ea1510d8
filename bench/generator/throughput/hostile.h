#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "bench/generator/packet_io.h"

namespace strata::gen {

// What a relay shall drop and count while it forwards the rest: random bytes, RTP with SSRCs that
// nobody announced, cut and lying headers, RTCP storms of unknown streams, from an address that it
// doesn't know and from ones that it does. Drawn from a seed. Thread: the load's.
class Hostile {
  public:
    // From each of `endpoints` in turn to `remote`, `packets_per_s` together.
    Hostile(PacketIo& io, std::vector<int> endpoints, const Address& remote, double packets_per_s,
            std::uint32_t seed);

    void set_rate(double multiplier) { rate_ = multiplier; }
    void send_due(std::int64_t now_us);
    std::int64_t next_due_us() const { return next_us_; }
    std::uint64_t sent() const { return sent_; }

  private:
    void make();

    PacketIo& io_;
    std::vector<int> endpoints_;
    Address remote_;
    double packets_per_s_, rate_ = 1;
    std::mt19937 random_;
    std::vector<std::uint8_t> packet_;
    std::int64_t next_us_;
    std::uint64_t sent_ = 0;
};

}  // namespace strata::gen

#pragma once

#include <cstdint>

#include "dataplane/api/statistics.h"
#include "relay/rtp/types.h"

namespace strata::dataplane {

// How long packets are in a worker: from the return of the rx burst that brought them, the turn's
// first, to their acceptance by a port. One look at the time stamp counter per burst, each way, and
// none per packet. Thread: its worker.
class TransitMeter {
  public:
    // The time stamp counter; null where time is virtual: nothing is measured.
    using ReadTsc = std::uint64_t (*)();

    TransitMeter(ReadTsc read_tsc, std::uint64_t tsc_hz, api::Histogram& ns, api::Counter& ns_max)
        : read_tsc_(read_tsc),
          ns_per_tsc_(tsc_hz == 0 ? 0 : 1e9 / static_cast<double>(tsc_hz)),
          ns_(ns),
          ns_max_(ns_max) {}

    void begin_turn() { received_tsc_ = 0; }
    void received() {
        if (read_tsc_ && received_tsc_ == 0) received_tsc_ = read_tsc_();
    }
    // `n` packets were taken by a port. `waited_us`: since the turn that brought them; what they
    // were in that turn and in this one is left out where this one has received nothing.
    void sent(std::uint32_t n, relay::TimeUs waited_us = 0) {
        if (n == 0 || !read_tsc_ || (received_tsc_ == 0 && waited_us == 0)) return;
        auto ns = static_cast<std::uint64_t>(waited_us) * 1000;
        if (received_tsc_ != 0)
            ns += static_cast<std::uint64_t>(static_cast<double>(read_tsc_() - received_tsc_) *
                                             ns_per_tsc_);
        ns_[api::histogram_bucket(ns)].add(n);
        if (ns > ns_max_.get()) ns_max_.set(ns);
    }

  private:
    ReadTsc read_tsc_;
    double ns_per_tsc_;
    api::Histogram& ns_;
    api::Counter& ns_max_;
    std::uint64_t received_tsc_ = 0;  // 0: nothing yet in this turn
};

}  // namespace strata::dataplane

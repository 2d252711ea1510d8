#pragma once

#include "dataplane/port/pools.h"

namespace strata::dataplane {

// EAL without hugepages, devices or files, initialised once per test binary at first use.
void ensure_eal();

// Small pools with a name of their own, so that leaks show: `idle()` is true when every mbuf is
// back.
class TestPools {
  public:
    inline static const PoolConfig kSizes{
        .rx_mbufs = 2'047, .header_mbufs = 4'095, .indirect_mbufs = 511, .cache_mbufs = 32};
    explicit TestPools(const PoolConfig& sizes = kSizes);
    const Pools& operator*() const { return pools_; }
    const Pools* operator->() const { return &pools_; }
    bool idle() const;

  private:
    Pools pools_;
};

}  // namespace strata::dataplane

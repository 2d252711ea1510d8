#include "tests/unit/dataplane/eal.h"

#include <rte_eal.h>
#include <rte_mempool.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace strata::dataplane {

void ensure_eal() {
    static const bool ready = [] {
        std::string prefix = "--file-prefix=strata-test-" + std::to_string(getpid());
        std::array<std::string, 11> words{"test",
                                          "--no-pci",
                                          "--no-huge",
                                          "-m",
                                          "256",
                                          "--no-shconf",
                                          "--no-telemetry",
                                          "--iova-mode=va",
                                          "--log-level=lib.*:error",
                                          "--lcores=0",
                                          prefix};
        std::array<char*, 11> argv{};
        for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
        if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) >= 0) return true;
        std::fputs("EAL didn't start\n", stderr);
        std::abort();
    }();
    (void)ready;
}

TestPools::TestPools(const PoolConfig& sizes) {
    ensure_eal();
    static int serial = 0;
    PoolConfig config = sizes;
    config.name = "t" + std::to_string(serial++);
    auto pools = Pools::create(config);
    if (!pools) {
        std::fputs(pools.error().message.c_str(), stderr);
        std::abort();
    }
    pools_ = std::move(*pools);
}

bool TestPools::idle() const {
    for (const rte_mempool* pool :
         {pools_.rx, pools_.header, pools_.indirect, pools_.linear, pools_.compact})
        if (pool != nullptr && rte_mempool_avail_count(pool) != pool->size) return false;
    return true;
}

}  // namespace strata::dataplane

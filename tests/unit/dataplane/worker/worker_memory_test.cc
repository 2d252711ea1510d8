#include "dataplane/worker/worker_memory.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "dataplane/api/statistics_segment.h"
#include "dataplane/port/memory_port.h"
#include "dataplane/worker/worker.h"
#include "tests/unit/dataplane/allocated.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane {
namespace {

// What the arithmetic says is what the allocator gave away.
void expect_as_computed(const WorkerConfig& config, std::size_t ports, std::size_t workers) {
    TestPools pools;
    auto statistics =
        api::StatisticsSegment::create("", {.workers = static_cast<std::uint32_t>(workers)});
    ASSERT_TRUE(statistics);
    std::vector<std::unique_ptr<MemoryPort>> owned;
    std::vector<Port*> seen;
    for (std::size_t i = 0; i < ports; ++i) {
        owned.push_back(std::make_unique<MemoryPort>(
            PortConfig{.workers = static_cast<std::uint16_t>(workers)}));
        seen.push_back(owned.back().get());
    }
    std::vector<std::unique_ptr<Worker>> made(workers);
    std::vector<Worker*> peers;
    const std::uint64_t before = allocated();
    for (std::uint32_t i = 0; i < workers; ++i) {
        WorkerConfig one = config;
        one.id = i;
        one.queue = static_cast<std::uint16_t>(i);
        made[i] = std::make_unique<Worker>(one, seen, *pools, statistics->worker(i), 0);
        peers.push_back(made[i].get());
    }
    Worker::connect(peers);
    const std::uint64_t measured = allocated() - before;
    const std::uint64_t computed = workers * worker_memory(config, ports, workers).total();
    // Beyond it, packets that wait to be encrypted; short of it, a smaller engine for that.
    constexpr std::uint64_t kMore = 64 << 10, kLess = 640 << 10;
    EXPECT_LE(measured, computed + workers * kMore);
    EXPECT_GE(measured + workers * kLess, computed);
}

TEST(WorkerMemory, AWorkerAllocatesWhatIsComputed) {
    expect_as_computed({}, 1, 1);
    expect_as_computed({.max_transports = 1'000, .max_ssrcs = 5'000, .max_tracks = 100}, 3, 1);
    expect_as_computed({.history = {.packets = 100'000, .small_packets = 0}}, 1, 1);
}

TEST(WorkerMemory, SoDoSeveralWithRingsBetweenThem) {
    expect_as_computed({.handoff_ring = 4'096, .punt_ring_bytes = 8 << 20}, 2, 3);
}

}  // namespace
}  // namespace strata::dataplane

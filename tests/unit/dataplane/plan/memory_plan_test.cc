#include "dataplane/plan/memory_plan.h"

#include <gtest/gtest.h>
#include <rte_malloc.h>

#include <memory>

#include "dataplane/api/config/pool_sizes.h"
#include "dataplane/api/config/port_spec.h"
#include "dataplane/net/neighbour_table.h"
#include "dataplane/port/frame_ring.h"
#include "dataplane/port/held_packets.h"
#include "dataplane/port/pools.h"
#include "dataplane/port/socket_queue.h"
#include "dataplane/worker/hot_state.h"
#include "tests/unit/dataplane/allocated.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane {
namespace {

std::uint64_t bytes_of(const std::vector<MemoryPart>& parts, const std::string& name) {
    for (const MemoryPart& part : parts)
        if (part.name.ends_with(name)) return part.bytes;
    ADD_FAILURE() << name;
    return 0;
}

TEST(MemoryPlan, BuffersAreThoseThatMemoryMbIsAbout) {
    const api::Config config;
    const auto parts = memory_at_start(config, {});
    std::uint64_t sum = 0;
    for (const char* kind : {"payload", "header", "indirect", "small"})
        sum += bytes_of(parts, std::string(kind) + " buffers");
    EXPECT_EQ(sum, api::pool_sizes(config).memory_bytes());
}

TEST(MemoryPlan, WholePacketsAreAmongTheBuffers) {
    api::Config config;
    config.dataplane.ports = {
        api::parse_port("net_af_xdp0,iface=eth0;address=10.77.0.1/24").value()};
    const auto parts = memory_at_start(config, {});
    std::uint64_t sum = 0;
    for (const char* kind : {"payload", "header", "indirect", "small", "linear"})
        sum += bytes_of(parts, std::string(kind) + " buffers");
    EXPECT_EQ(sum + bytes_of(parts, "drivers"), api::pool_sizes(config).memory_bytes());
}

// As EAL says afterwards, which has ordinary pages here.
TEST(MemoryPlan, BuffersTakeOfEalWhatIsSaid) {
    ensure_eal();
    const auto taken_of_eal = [] {
        std::uint64_t all = 0;
        for (int node = 0; node < 2; ++node)
            if (rte_malloc_socket_stats stats{}; rte_malloc_get_socket_stats(node, &stats) == 0)
                all += stats.heap_allocsz_bytes;
        return all;
    };
    const api::PoolSizes sizes{.payload_packets = 3'000,
                               .header_packets = 5'000,
                               .indirect_packets = 4'000,
                               .small_packets = 2'500,
                               .linear_packets = 1'500};
    const std::uint64_t before = taken_of_eal();
    const auto pools = Pools::create({.name = "plan",
                                      .rx_mbufs = sizes.payload_packets,
                                      .header_mbufs = sizes.header_packets,
                                      .indirect_mbufs = sizes.indirect_packets,
                                      .linear_mbufs = sizes.linear_packets,
                                      .compact_mbufs = sizes.small_packets});
    ASSERT_TRUE(pools);
    const std::uint64_t taken = taken_of_eal() - before;
    EXPECT_LE(taken, sizes.memory_bytes() + sizes.memory_bytes() / 100);
    EXPECT_GE(taken, sizes.memory_bytes() - sizes.memory_bytes() / 100);
}

// Each part is what is then taken of the allocator.
TEST(MemoryPlan, PortsCountWithWhatTheyKeepThemselves) {
    api::Config config;
    config.dataplane.workers = 3;
    config.limits.neighbours_per_port = 5'000;
    config.limits.held_packets_per_queue = 30'000;
    config.limits.kernel_ring_frames = 300;
    config.dataplane.ports = {
        api::parse_port("net_tap0,iface=a;address=10.77.0.1/24").value(),
        api::parse_port("net_tap1,iface=b;address=10.78.0.1/24;kernel=strata0").value(),
        api::PortSpec{}};
    const auto parts = memory_at_start(config, {});
    const auto taken = [before = allocated()] { return allocated() - before; };
    const auto near = [](std::uint64_t real, std::uint64_t said) {
        return real >= said && real < said + said / 50 + 4'096;  // the allocator's own
    };
    {
        const net::NeighbourTable one(5'000), other(5'000);
        EXPECT_TRUE(near(taken(), bytes_of(parts, "neighbours of 2 ports")));
    }
    {
        std::vector<std::unique_ptr<HeldPackets>> all;
        for (int i = 0; i < 2 * 3; ++i)
            all.push_back(std::make_unique<HeldPackets>(HeldPackets::Limits{30'000, 5'000, 1}));
        EXPECT_TRUE(near(taken(), bytes_of(parts, "held packets of 2 ports")));
    }
    {
        const FrameRing to(300, 2'048), from(300, 2'048);
        EXPECT_TRUE(near(taken(), bytes_of(parts, "frames to and from the kernel of 1 port")));
    }
    {
        PortCounters counters;
        const PortConfig port;
        std::vector<std::unique_ptr<SocketQueue>> all;
        for (int i = 0; i < 3; ++i)
            all.push_back(std::make_unique<SocketQueue>(Endpoint{}, port, counters));
        EXPECT_TRUE(near(taken(), bytes_of(parts, "sockets of 1 port")));
    }
    for (const MemoryPart& part : memory_at_start({}, {}))
        EXPECT_EQ(part.name.find("neighbours"), std::string::npos) << "sockets have none";
}

TEST(MemoryPlan, WorkersCountWithTheirQueuesTowardsEachOther) {
    api::Config config;
    const auto one = memory_at_start(config, {});
    config.dataplane.workers = 2;
    const auto two = memory_at_start(config, {});
    for (const char* part : {"tables of ", "history of ", "rest of "})
        EXPECT_EQ(bytes_of(two, std::string(part) + "2 workers"),
                  2 * bytes_of(one, std::string(part) + "1 worker"));
    EXPECT_GT(bytes_of(two, "queues of 2 workers"), 2 * bytes_of(one, "queues of 1 worker"));
}

TEST(MemoryPlan, WhatComesWithUseFollowsTheLimits) {
    api::Config config;
    const auto some = memory_in_use(config);
    config.dataplane.workers = 2;
    config.limits.tracks_per_worker *= 2;
    config.limits.checkpoint_streams *= 2;
    const auto more = memory_in_use(config);
    EXPECT_EQ(bytes_of(more, "peers"), 2 * bytes_of(some, "peers"));
    EXPECT_EQ(bytes_of(more, "tracks"), 4 * bytes_of(some, "tracks"));
    EXPECT_EQ(bytes_of(more, "receivers"), 2 * bytes_of(some, "receivers"));
    EXPECT_EQ(bytes_of(more, "checkpoints"), 2 * bytes_of(some, "checkpoints"));
    EXPECT_EQ(some.back().name, "captures") << "nobody comes by TCP";
    config.dataplane.tcp_listen.push_back({"127.0.0.1", 443});
    EXPECT_EQ(bytes_of(memory_in_use(config), "TCP connections"),
              std::uint64_t{config.limits.tcp_connections} * config.limits.tcp_queue_bytes);
}

TEST(MemoryPlan, TextRoundsUp) {
    EXPECT_EQ(text_of({"nothing", 0, {}}), "nothing: 0.0 MiB");
    EXPECT_EQ(text_of({"little", 1, {}}), "little: 0.1 MiB");
    EXPECT_EQ(text_of({"much", 25 << 20, "shared"}), "much: 25.0 MiB, shared");
}

}  // namespace
}  // namespace strata::dataplane

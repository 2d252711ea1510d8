#include "dataplane/plan/memory_plan.h"

#include <gtest/gtest.h>

#include "dataplane/api/config/pool_sizes.h"
#include "dataplane/worker/hot_state.h"

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

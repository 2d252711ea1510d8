#include "control/room/worker_choice.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace strata::control {
namespace {

using Counts = std::vector<std::size_t>;
using Loads = std::vector<MeasuredLoad>;

TEST(WorkerChoice, WithoutAMeasurementTheFewestDecide) {
    EXPECT_EQ(quietest_worker(Counts{0, 0, 0}, Loads{}), 0u);
    EXPECT_EQ(quietest_worker(Counts{3, 2, 4}, Loads{}), 1u);
}

TEST(WorkerChoice, TheLeastBusyIsTakenThoughItHasMore) {
    EXPECT_EQ(quietest_worker(Counts{5, 50}, Loads{{0.7, 5}, {0.2, 50}}), 1u);
}

TEST(WorkerChoice, AboutAsBusyIsTheSame) {
    EXPECT_EQ(quietest_worker(Counts{5, 4}, Loads{{0.30, 5}, {0.31, 4}}), 1u);
    EXPECT_EQ(quietest_worker(Counts{5, 4}, Loads{{0.30, 5}, {0.35, 4}}), 0u);
}

TEST(WorkerChoice, WhoCameSinceIsExpectedToCostWhatTheOthersDo) {
    // 100 cost 0.8 together: 20 more on the second one make it the busier.
    const Loads measured{{0.5, 60}, {0.3, 40}};
    EXPECT_EQ(quietest_worker(Counts{60, 50}, measured), 1u);
    EXPECT_EQ(quietest_worker(Counts{60, 70}, measured), 0u);
    // And who left is not.
    EXPECT_EQ(quietest_worker(Counts{10, 40}, measured), 0u);
}

TEST(WorkerChoice, ABurstOfRoomsSpreadsBeforeItsLoadShows) {
    const Loads measured{{0.10, 10}, {0.02, 2}};
    Counts counts{10, 2};
    std::array<int, 2> got{};
    for (int i = 0; i < 1'000; ++i) {
        const std::uint32_t worker = quietest_worker(counts, measured);
        ++got[worker];
        ++counts[worker];
    }
    EXPECT_LE(std::abs(got[0] - got[1]), 20);
    EXPECT_GT(got[1], got[0]);
}

TEST(WorkerChoice, WorkersOfSeveralPortsShareACore) {
    // Two ports, two workers each: 0 and 2 are on the first core.
    const Loads measured{{0.6, 8}, {0.1, 8}};
    EXPECT_EQ(quietest_worker(Counts{4, 5, 4, 3}, measured), 3u);
}

}  // namespace
}  // namespace strata::control

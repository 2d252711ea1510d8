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

constexpr SpreadRule kRule{.cores = 2, .participants = 10, .busy_share = 0.7};

TEST(WorkerInRoom, StaysAtHomeWhileThereIsRoom) {
    EXPECT_EQ(worker_in_room(1, Counts{0, 9}, Counts{0, 9}, Loads{}, kRule), 1u);
    EXPECT_EQ(worker_in_room(0, Counts{9, 0}, Counts{500, 0}, Loads{{0.6, 500}, {0.0, 0}}, kRule),
              0u);
}

TEST(WorkerInRoom, ALargeRoomGoesOnElsewhere) {
    EXPECT_EQ(worker_in_room(1, Counts{0, 10}, Counts{0, 10}, Loads{}, kRule), 0u);
    const SpreadRule four{.cores = 4, .participants = 10};
    // Not the quietest, but one that is handed the room's packets already.
    EXPECT_EQ(worker_in_room(0, Counts{10, 0, 3, 0}, Counts{10, 0, 80, 1}, Loads{}, four), 2u);
    EXPECT_EQ(worker_in_room(0, Counts{10, 0, 10, 0}, Counts{10, 7, 80, 5}, Loads{}, four), 3u);
    // All are full: the one with the fewest.
    EXPECT_EQ(worker_in_room(0, Counts{20, 15, 10, 12}, Counts{20, 15, 10, 12}, Loads{}, four), 2u);
}

TEST(WorkerInRoom, ABusyHomeSendsThemElsewhere) {
    EXPECT_EQ(worker_in_room(0, Counts{3, 0}, Counts{3, 0}, Loads{{0.75, 3}, {0.2, 0}}, kRule), 1u);
    // Unless that is just as busy.
    EXPECT_EQ(worker_in_room(0, Counts{3, 0}, Counts{3, 9}, Loads{{0.75, 3}, {0.9, 9}}, kRule), 0u);
}

TEST(WorkerInRoom, OnlyWorkersOfThePortCanServeIt) {
    // Two ports, two workers each: 2 and 3 are on the second port.
    EXPECT_EQ(worker_in_room(2, Counts{0, 0, 10, 0}, Counts{0, 0, 10, 50}, Loads{}, kRule), 3u);
}

TEST(WorkerInRoom, WithoutARuleRoomsStay) {
    EXPECT_EQ(worker_in_room(1, Counts{0, 900}, Counts{0, 900}, Loads{{0, 0}, {1, 900}}, {}), 1u);
    const SpreadRule never{.cores = 2, .participants = 0, .busy_share = 1};
    EXPECT_EQ(worker_in_room(1, Counts{0, 900}, Counts{0, 900}, Loads{{0, 0}, {1, 900}}, never),
              1u);
}

}  // namespace
}  // namespace strata::control

#include "control/api/statistics_view.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace strata::control {

TEST(StatisticsView, reads_workers_and_objects_of_the_running_data_plane) {
    const std::string name = "/strata-view-test-" + std::to_string(getpid());
    std::int64_t now_us = 0;
    StatisticsView view([&] { return now_us; });
    EXPECT_TRUE(view.workers().empty());
    view.use_segment(name);
    EXPECT_TRUE(view.workers().empty());  // there is none yet
    EXPECT_FALSE(view.alive(0));
    {
        auto segment =
            api::StatisticsSegment::create(name, {.workers = 2, .slots_per_worker = 8, .epoch = 1});
        ASSERT_TRUE(segment) << segment.error();
        segment->worker(1)[api::WorkerCounter::sent].add(7);
        api::ObjectSlot& slot = segment->slots(1)[0];
        api::assign_slot(slot, api::StatisticsKind::subscription, 31, 7, 12);
        slot[api::ObjectValue::packets].add(5);
        segment->header().heartbeat_us.set(1'000'000);
        // A track's branches are told apart by their workers.
        for (const std::uint32_t worker : {0u, 1u}) {
            api::ObjectSlot& branch = segment->slots(worker)[1];
            api::assign_slot(branch, api::StatisticsKind::branch, 7, 0, 0);
            branch[api::ObjectValue::receivers].set(40 + worker);
        }
        const auto workers = view.workers();
        ASSERT_EQ(workers.size(), 2u);
        now_us += StatisticsView::kObjectsAgeUs;
        const auto* object = view.object(api::StatisticsKind::subscription, 31);
        ASSERT_NE(object, nullptr);
        EXPECT_EQ((*object)[api::ObjectValue::packets], 5u);
        EXPECT_EQ(view.object(api::StatisticsKind::track, 31), nullptr);
        for (const std::uint32_t worker : {0u, 1u})
            EXPECT_EQ(
                (*view.object(api::StatisticsKind::branch, 7, worker))[api::ObjectValue::receivers],
                40 + worker);
        EXPECT_EQ(view.object(api::StatisticsKind::branch, 7, 2), nullptr);
        slot[api::ObjectValue::packets].add(1);
        EXPECT_EQ((*view.object(api::StatisticsKind::subscription, 31))[api::ObjectValue::packets],
                  5u);  // read at most ten times per second
        now_us += StatisticsView::kObjectsAgeUs;
        EXPECT_EQ((*view.object(api::StatisticsKind::subscription, 31))[api::ObjectValue::packets],
                  6u);
        EXPECT_TRUE(view.alive(2'000'000));
        EXPECT_FALSE(view.alive(1'000'000 + StatisticsView::kHeartbeatAgeUs));
    }
    now_us += StatisticsView::kObjectsAgeUs;
    EXPECT_EQ(view.object(api::StatisticsKind::subscription, 31), nullptr);  // gone with its writer
}

}  // namespace strata::control

#include "bench/generator/throughput/api_worker.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace strata::gen {
namespace {

void finish(ApiWorker& worker) {
    while (worker.pending() > 0) {
        worker.poll();
        std::this_thread::yield();
    }
}

TEST(ApiWorker, DoesJobsInOrderAndTellsItsOwner) {
    ApiWorker worker;
    std::vector<int> jobs, done;
    const auto owner = std::this_thread::get_id();
    for (int i = 0; i < 20; ++i)
        worker.post([&jobs, i] { jobs.push_back(i); },
                    [&, i] {
                        EXPECT_EQ(std::this_thread::get_id(), owner);
                        done.push_back(i);
                    });
    EXPECT_EQ(worker.pending(), 20u);
    finish(worker);
    EXPECT_EQ(jobs.size(), 20u);
    EXPECT_TRUE(std::ranges::is_sorted(jobs));
    EXPECT_EQ(jobs, done);
}

TEST(ApiWorker, HandsFailuresOver) {
    ApiWorker worker;
    bool done = false;
    worker.post([] { throw std::runtime_error("refused"); }, [&] { done = true; });
    EXPECT_THROW(finish(worker), std::runtime_error);
    EXPECT_EQ(worker.pending(), 0u);
    EXPECT_FALSE(done);
}

TEST(ApiWorker, AFailureCostsNoOtherJob) {
    ApiWorker worker;
    int done = 0, failed = 0;
    for (int i = 0; i < 10; ++i)
        worker.post(
            [i] {
                if (i % 2 == 0) throw std::runtime_error("refused");
            },
            [&] { ++done; });
    while (worker.pending() > 0) {
        try {
            worker.poll();
        } catch (const std::runtime_error&) {
            ++failed;
        }
        std::this_thread::yield();
    }
    EXPECT_EQ(done, 5);
    EXPECT_EQ(failed, 5);
}

TEST(ApiWorker, EndsWithJobsThatNobodyWaitsFor) {
    ApiWorker worker;
    worker.post([] {}, [] { FAIL() << "nobody polled"; });
}

}  // namespace
}  // namespace strata::gen

#include "bench/generator/throughput/throughput_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace strata::gen {
namespace {

constexpr SearchGoal kNdr{.loss_ratio = 0}, kPdr{.loss_ratio = 0.001};

// What a relay does with a load: the share of packets that it loses.
using System = std::function<TrialVerdict(const TrialRequest&)>;

System cliff(double capacity) {
    return [=](const TrialRequest& r) {
        return TrialVerdict{r.load, r.duration_s, r.load <= capacity ? 0 : 1 - capacity / r.load};
    };
}

std::size_t run(ThroughputSearch& search, const System& system) {
    std::size_t trials = 0;
    while (const auto request = search.next()) {
        search.record(system(*request));
        ++trials;
    }
    return trials;
}

TEST(ThroughputSearch, FindsACliff) {
    for (const double capacity : {0.02, 0.3, 1.0, 1.7, 33.0, 900.0}) {
        ThroughputSearch search({kNdr, kPdr}, {});
        const std::size_t trials = run(search, cliff(capacity));
        for (const std::size_t goal : {0u, 1u}) {
            const SearchResult r = search.result(goal);
            EXPECT_LE(r.lower, capacity * 1.001) << capacity;
            EXPECT_GE(r.lower, capacity * 0.94) << capacity;
            EXPECT_GT(r.upper, r.lower);
            EXPECT_EQ(r.limited_by, LimitedBy::relay);
        }
        EXPECT_LT(trials, 60u) << capacity;
    }
}

TEST(ThroughputSearch, LittleLossSeparatesTheGoals) {
    // A trickle is lost from 2 on, half of everything from 10 on.
    const System system = [](const TrialRequest& r) {
        return TrialVerdict{r.load, r.duration_s, r.load <= 2 ? 0 : r.load <= 10 ? 0.0005 : 0.5};
    };
    ThroughputSearch search({kNdr, kPdr}, {});
    run(search, system);
    EXPECT_NEAR(search.result(0).lower, 2, 0.12);
    EXPECT_NEAR(search.result(1).lower, 10, 0.6);
}

TEST(ThroughputSearch, NoiseMovesTheResultLittle) {
    for (std::uint32_t seed = 0; seed < 50; ++seed) {
        std::mt19937 random(seed);
        // One trial in forty loses something at any load; the capacity itself wavers by 2 %.
        const System system = [&](const TrialRequest& r) {
            const double capacity = 20 * std::normal_distribution<>(1, 0.02)(random);
            TrialVerdict v = cliff(capacity)(r);
            if (random() % 40 == 0) v.loss_ratio = std::max(v.loss_ratio, 0.0002);
            return v;
        };
        SearchGoal steady = kNdr;
        steady.duration_sum_s = steady.trial_s * 5;
        ThroughputSearch search({steady}, {});
        run(search, system);
        EXPECT_GE(search.result(0).lower, 20 * 0.8) << seed;
        EXPECT_LE(search.result(0).lower, 20 * 1.1) << seed;
    }
}

TEST(ThroughputSearch, TheMajorityOfTrialsDecides) {
    int trial = 0;
    const auto every = [&](int good, int of) {
        return [&trial, good, of](const TrialRequest& r) {
            return TrialVerdict{r.load, r.duration_s, trial++ % of < good ? 0.0 : 0.5};
        };
    };
    SearchRange one{.min_load = 1, .max_load = 1};
    ThroughputSearch mostly_good({kNdr}, one);
    mostly_good.record({1, 0.5, 0});  // the coarse trial
    run(mostly_good, every(2, 3));
    EXPECT_EQ(mostly_good.result(0).lower, 1);
    trial = 0;
    ThroughputSearch mostly_bad({kNdr}, one);
    mostly_bad.record({1, 0.5, 0});
    run(mostly_bad, every(1, 3));
    EXPECT_EQ(mostly_bad.result(0).lower, 0);
}

TEST(ThroughputSearch, DecidingLoadsHaveAllTheirTrials) {
    ThroughputSearch search({kNdr}, {});
    run(search, cliff(7));
    const double found = search.result(0).lower;
    double seconds = 0;
    for (const TrialVerdict& v : search.judged())
        if (v.load == found && v.duration_s >= kNdr.trial_s) seconds += v.duration_s;
    EXPECT_GE(seconds, kNdr.duration_sum_s);
}

TEST(ThroughputSearch, AGeneratorLimitIsNotTheRelays) {
    const System system = [](const TrialRequest& r) {
        TrialVerdict v = cliff(100)(r);
        v.generator_limited = r.load > 12;
        return v;
    };
    ThroughputSearch search({kNdr, kPdr}, {});
    run(search, system);
    EXPECT_EQ(search.result(0).limited_by, LimitedBy::generator);
    EXPECT_EQ(search.result(1).limited_by, LimitedBy::generator);
    EXPECT_LE(search.result(0).lower, 12);
}

TEST(ThroughputSearch, AMomentOfABusyMachineIsRepeated) {
    int trial = 0;
    const System system = [&](const TrialRequest& r) {
        TrialVerdict v = cliff(5)(r);
        v.generator_limited = trial++ % 3 == 0;  // never twice in a row
        return v;
    };
    ThroughputSearch search({kNdr}, {});
    run(search, system);
    EXPECT_EQ(search.result(0).limited_by, LimitedBy::relay);
    EXPECT_NEAR(search.result(0).lower, 5, 0.3);
}

TEST(ThroughputSearch, EndsAtItsRange) {
    SearchRange range{.min_load = 0.5, .max_load = 8};
    ThroughputSearch fast({kNdr}, range);
    run(fast, cliff(1e9));
    EXPECT_EQ(fast.result(0).lower, 8);
    EXPECT_EQ(fast.result(0).upper, 0);
    EXPECT_EQ(fast.result(0).limited_by, LimitedBy::range);
    ThroughputSearch slow({kNdr}, range);
    run(slow, cliff(0.1));
    EXPECT_EQ(slow.result(0).lower, 0);
    EXPECT_EQ(slow.result(0).upper, 0.5);
    EXPECT_EQ(slow.result(0).limited_by, LimitedBy::relay);
    range.max_trials = 4;
    ThroughputSearch cut({kNdr}, range);
    EXPECT_EQ(run(cut, cliff(3)), 4u);
    EXPECT_EQ(cut.result(0).limited_by, LimitedBy::trials);
}

TEST(ThroughputSearch, WholeLoadsStayWhole) {
    for (const double capacity : {1.0, 2.0, 7.0, 137.0, 4'321.0}) {
        ThroughputSearch search(
            {kNdr, kPdr}, {.min_load = 1, .max_load = 100'000, .first_load = 10, .whole = true});
        run(search, [&](const TrialRequest& r) {
            EXPECT_EQ(r.load, std::round(r.load));
            return cliff(capacity)(r);
        });
        EXPECT_LE(search.result(0).lower, capacity);
        EXPECT_GE(search.result(0).lower, std::floor(capacity * 0.94));
    }
}

}  // namespace
}  // namespace strata::gen

#include "bench/generator/run.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "bench/generator/report.h"
#include "bench/generator/selftest.h"
#include "source_folders.h"

namespace strata::gen {
namespace {

class Watcher final : public RunObserver {
  public:
    void on_started(const Run&) override { ++started; }
    void on_second(const Run& run) override {
        ++seconds;
        last = live_json(run).dump();
    }
    void on_target(const Run&, const std::string& receiver, const std::string& target) override {
        targets.push_back(receiver + " " + target);
    }
    int started = 0, seconds = 0;
    std::string last;
    std::vector<std::string> targets;
};

// Real sockets on loopback: publisher to receiver without a relay between them.
TEST(Run, SelftestIsRight) {
    setenv("STRATA_GEN_PROFILES", STRATA_PROFILES, 1);
    const auto io = make_socket_io();
    Plan plan = make_selftest_plan(*io, 2'200'000);
    gen::Run run(plan, *io);
    Watcher watcher;
    run.execute(watcher);
    EXPECT_EQ(verdict_text(verdict(run)), "all right\n");
    EXPECT_EQ(watcher.started, 1);
    EXPECT_GE(watcher.seconds, 1);  // two, where nobody holds the thread up for a second
    EXPECT_LE(watcher.seconds, 2);
    EXPECT_EQ(watcher.targets.size(), plan.receivers.size());
    EXPECT_NE(watcher.last.find("S2T2"), std::string::npos);
    const nlohmann::json report = report_json(run);
    EXPECT_TRUE(report["ok"].get<bool>());
    for (const auto& receiver : report["receivers"]) {
        EXPECT_GT(receiver["latency"]["p50_us"].get<int>(), 0);
        EXPECT_GT(receiver["packets"].get<int>(), 50);
    }
    for (const auto& publisher : report["publishers"])
        EXPECT_GE(publisher["receiver_reports_received"].get<int>(), 1);
}

TEST(Run, EveryReasonIsNamed) {
    setenv("STRATA_GEN_PROFILES", STRATA_PROFILES, 1);
    const auto io = make_socket_io();
    Plan plan = make_selftest_plan(*io, 1'200'000);
    plan.publishers.resize(1);
    plan.receivers.resize(1);
    plan.publishers[0].remote = io->local_address(io->open(*parse_address("127.0.0.1:0")));
    gen::Run run(plan, *io);
    Watcher watcher;
    run.execute(watcher);
    const auto wrong = verdict(run);
    ASSERT_EQ(wrong.size(), 1u);
    EXPECT_EQ(wrong[0].reason, "silence");
    EXPECT_GT(run.stray_packets(), 0u);
}

TEST(Run, TargetsThatTheTrackHasNotAreRefused) {
    setenv("STRATA_GEN_PROFILES", STRATA_PROFILES, 1);
    const auto io = make_socket_io();
    Plan plan = make_selftest_plan(*io, 1'000'000);
    plan.receivers[0].targets[0].target = "q:T1";
    EXPECT_THROW(gen::Run(plan, *io), PlanError);
    plan.receivers[0].targets[0].target = "max";
    plan.publishers[0].ssrcs = {1, 2};
    EXPECT_THROW(gen::Run(plan, *io), PlanError);
}

}  // namespace
}  // namespace strata::gen

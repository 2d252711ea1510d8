#include "dataplane/watchdog.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/dataplane/running_loop.h"

namespace strata::dataplane {
// With a name that the stack can show.
__attribute__((noinline)) void spin_in_the_driver(const std::atomic<bool>& spinning) {
    while (spinning.load()) {
    }
}

namespace {

// A port whose driver never comes back, or takes its time without using the CPU.
class BadPort final : public Port {
  public:
    BadPort() : Port("bad", {}) {}

    std::expected<void, PortError> start(const Pools&) override { return {}; }
    Endpoint local_endpoint(std::uint16_t) const override { return {}; }
    std::uint16_t rx_burst(std::uint16_t, rte_mbuf**, std::uint16_t, relay::TimeUs) override {
        spin_in_the_driver(spins);
        while (sleeps.load()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return 0;
    }
    TxResult tx_burst(std::uint16_t, rte_mbuf**, std::uint32_t) override { return {}; }
    LinkState make_link(const FlowKey&, std::span<std::byte, kLinkBytes>) override {
        return LinkState::refused;
    }

    std::atomic<bool> spins{false}, sleeps{false};
};

// Looks for `ms` milliseconds.
void look(Watchdog& watchdog, int ms) {
    for (int i = 0; i < ms; ++i) {
        watchdog.look();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

std::string content_of(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

// A worker whose driver loops, until the watchdog ends the process. Runs in a child that is the
// program anew: EAL's memory would be shared with one that was only forked.
[[noreturn]] void get_stuck(const std::string& report_folder) {
    BadPort port;
    RunningLoop running(port, {.idle = api::IdlePolicy::kBusy});
    Watchdog watchdog({.stuck_ms = 50, .report_folder = report_folder}, running.loops());
    if (!running.reaches(api::WorkerCounter::turns_idle, 100)) ::_exit(3);
    look(watchdog, 10);
    port.spins = true;
    look(watchdog, 60'000);  // ends in between
    ::_exit(4);
}

class WatchdogDeathTest : public testing::Test {
  protected:
    WatchdogDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(WatchdogDeathTest, AStuckWorkerEndsTheProcessAndLeavesItsStack) {
    // The child finds the same one.
    const std::string own = testing::TempDir() + "strata-watchdog-" + std::to_string(::getpid());
    ::setenv("STRATA_WATCHDOG_TEST", own.c_str(), 0);
    const std::filesystem::path folder = ::getenv("STRATA_WATCHDOG_TEST");
    std::filesystem::create_directory(folder);
    EXPECT_EXIT(get_stuck(folder), testing::KilledBySignal(SIGABRT), "see .*stuck-worker-0.txt");
    const std::string report = content_of(folder / "stuck-worker-0.txt");
    EXPECT_TRUE(report.starts_with("worker 0 has completed no turn in ")) << report;
    EXPECT_NE(report.find("spin_in_the_driver"), std::string::npos) << report;
    EXPECT_NE(report.find("WorkerLoop"), std::string::npos) << report;
    EXPECT_NE(report.find("no packet in work"), std::string::npos) << report;
    std::filesystem::remove_all(folder);
}

TEST_F(WatchdogDeathTest, WithoutAFolderTheReportGoesToStandardError) {
    EXPECT_EXIT(get_stuck("/nowhere"), testing::KilledBySignal(SIGABRT), "spin_in_the_driver");
}

// A driver that waits uses no CPU time: there is nothing that a restart would mend.
TEST(Watchdog, ASleepingWorkerIsLeftAlone) {
    BadPort port;
    RunningLoop running(port, {.idle = api::IdlePolicy::kBusy});
    Watchdog watchdog({.stuck_ms = 100, .report_folder = "/nowhere"}, running.loops());
    ASSERT_TRUE(running.reaches(api::WorkerCounter::turns_idle, 100));
    port.sleeps = true;
    look(watchdog, 300);  // three times as long by the clock
    port.sleeps = false;
}

TEST(Watchdog, ABusyWorkerIsLeftAlone) {
    BadPort port;
    RunningLoop running(port, {.idle = api::IdlePolicy::kBusy});
    Watchdog watchdog({.stuck_ms = 100, .report_folder = "/nowhere"}, running.loops());
    look(watchdog, 300);
    EXPECT_GT(running.loop().turns(), 0u);
}

}  // namespace
}  // namespace strata::dataplane

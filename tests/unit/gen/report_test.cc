#include "bench/generator/report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "bench/generator/selftest.h"
#include "source_folders.h"

namespace strata::gen {
namespace {

using nlohmann::json;

// Says what a test wants it to; sends nothing anywhere.
class SilentIo final : public PacketIo {
  public:
    int open(const Address& local) override {
        addresses_.push_back(local);
        addresses_.back().port = static_cast<std::uint16_t>(4'000 + addresses_.size());
        return static_cast<int>(addresses_.size()) - 1;
    }
    Address local_address(int endpoint) const override {
        return addresses_[static_cast<std::size_t>(endpoint)];
    }
    bool send(int, const Address&, std::span<const std::uint8_t>) override {
        ++counted.sent;
        return true;
    }
    void flush() override {}
    std::size_t receive(Sink&) override { return 0; }
    void wait(std::int64_t) override { ::usleep(1'000); }
    IoCounters counters() const override { return counted; }

    IoCounters counted;

  private:
    std::vector<Address> addresses_;
};

struct Report : testing::Test {
    Report() {
        setenv("STRATA_GEN_PROFILES", STRATA_PROFILES, 1);
        plan = make_selftest_plan(io, 50'000);
        plan.publishers.resize(1);
        plan.receivers.resize(1);
    }
    // A run in which nothing arrives.
    std::unique_ptr<gen::Run> silent_run() {
        auto run = std::make_unique<gen::Run>(plan, io);
        RunObserver nobody;
        run->execute(nobody);
        return run;
    }
    static const Wrong* find(const std::vector<Wrong>& wrong, const std::string& reason) {
        for (const Wrong& one : wrong)
            if (one.reason == reason) return &one;
        return nullptr;
    }

    SilentIo io;
    Plan plan;
};

// Every number is one: what never happened isn't infinite, and dividing by no time isn't either.
void expect_finite(const json& value, const std::string& at) {
    if (value.is_number_float()) {
        EXPECT_TRUE(std::isfinite(value.get<double>())) << at;
    }
    for (const auto& [key, one] : value.items())
        if (value.is_structured()) expect_finite(one, at + "/" + key);
}

TEST_F(Report, OfARunThatHasntBegunIsWholeAllTheSame) {
    const gen::Run run(plan, io);
    const json report = report_json(run);
    expect_finite(report, "");
    expect_finite(live_json(run), "live");
    const json& receiver = report.at("receivers").at(0);
    EXPECT_EQ(receiver.at("layer"), "-");
    EXPECT_EQ(receiver.at("first_s"), -1);
    EXPECT_EQ(receiver.at("kbps"), 0.0);
    EXPECT_NE(receiver_table(run, true).find(plan.receivers[0].id), std::string::npos);
    EXPECT_NE(publisher_table(run).find(plan.publishers[0].id), std::string::npos);
}

TEST_F(Report, AFaultIsWrongOnlyBeyondItsLimit) {
    const auto count = [&] {
        const Wrong* silence = nullptr;
        const auto run = silent_run();
        const auto wrong = verdict(*run);
        silence = find(wrong, "silence");
        return silence ? silence->count : 0;
    };
    const std::uint64_t faults = count();
    ASSERT_EQ(faults, 1u);
    plan.limits.allowed[static_cast<std::size_t>(Fault::silence)] = faults;
    EXPECT_EQ(count(), 0u);
    plan.limits.allowed[static_cast<std::size_t>(Fault::silence)] = faults - 1;
    EXPECT_EQ(count(), faults);
}

TEST_F(Report, ThisMachinesOwnTroubleIsSaidWhateverTheReceiversGot) {
    plan.limits.allowed.fill(1'000);
    EXPECT_TRUE(verdict(*silent_run()).empty());
    io.counted.receive_dropped = 1;
    io.counted.send_failed = 3;
    const auto run = silent_run();
    const auto wrong = verdict(*run);
    ASSERT_EQ(wrong.size(), 2u);
    EXPECT_EQ(find(wrong, "receive_dropped")->object, "run");
    EXPECT_EQ(find(wrong, "send_failed")->count, 3u);
    const json report = report_json(*run);
    EXPECT_FALSE(report.at("ok").get<bool>());
    EXPECT_EQ(report.at("wrong").size(), 2u);
    EXPECT_EQ(report.at("io").at("receive_dropped"), 1);
}

TEST_F(Report, EveryFaultHasItsNumber) {
    const auto run = silent_run();
    const json report = report_json(*run);
    EXPECT_FALSE(report.at("ok").get<bool>());
    const json& faults = report.at("receivers").at(0).at("faults");
    EXPECT_EQ(faults.size(), kFaults);
    for (std::size_t i = 0; i < kFaults; ++i)
        EXPECT_TRUE(faults.contains(fault_name(static_cast<Fault>(i))));
    // A target that never came is null, not a time.
    const json& target = report.at("receivers").at(0).at("targets").at(0);
    EXPECT_TRUE(target.at("reached_after_ms").is_null());
    EXPECT_EQ(target.at("target"), "max");
}

TEST(ReportText, SaysEachThingOnALine) {
    EXPECT_EQ(verdict_text({}), "all right\n");
    EXPECT_EQ(verdict_text({{"r1", "lost", 7, 2, "at 3 s"}, {"run", "send_failed", 1, 0, ""}}),
              "2 wrong\n"
              "  r1: lost 7 (allowed 2); first: at 3 s\n"
              "  run: send_failed 1 (allowed 0)\n");
}

}  // namespace
}  // namespace strata::gen

#include "bench/generator/throughput/bench.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "bench/generator/throughput/bench_report.h"
#include "source_folders.h"
#include "tests/unit/gen/throughput/fake_relay.h"

namespace strata::gen {
namespace {

BenchConfig small() {
    setenv("STRATA_GEN_PROFILES", STRATA_PROFILES, 1);
    BenchConfig config;
    config.stage.preset = parse_preset(R"({"scale": "r", "members": [
        {"name": "s", "publish": ["opus"]},
        {"name": "r", "count": 2, "receive": [{"kind": "audio"}]}]})"_json,
                                       "small");
    config.trial_s = 0.5;
    config.trials = 1;
    config.min_multiplier = 0.5;
    config.max_multiplier = 2;
    config.max_units = 3;
    return config;
}

BenchReport bench(FakeRelay& relay, const BenchConfig& config) {
    int told = 0;
    BenchReport report =
        bench_preset(config, relay, relay, [&](const std::string&, const LoadTrial&) { ++told; });
    EXPECT_GT(told, 0);
    return report;
}

TEST(Bench, ReportsWhatARelayCarries) {
    FakeRelay relay;
    const BenchReport report = bench(relay, small());
    EXPECT_TRUE(report.generator.ok());
    ASSERT_EQ(report.searches.size(), 2u);
    EXPECT_EQ(report.searches[0].found[0].result.lower, 2);
    EXPECT_EQ(report.searches[1].found[0].result.lower, 3);
    EXPECT_EQ(report.searches[1].found[0].receivers, 3u);
    EXPECT_EQ(report.latencies.size(), 4u);
    EXPECT_TRUE(bench_ok(report));
    const auto json = bench_json(report);
    EXPECT_TRUE(json["ok"].get<bool>());
    EXPECT_TRUE(json["refused"].is_null());
    EXPECT_GT(json["searches"][0]["goals"][0]["received_pps"]["median"].get<double>(), 0);
    EXPECT_EQ(json["latency"].size(), 4u);
    EXPECT_NE(bench_table(report).find("NDR"), std::string::npos);
    EXPECT_TRUE(relay.rooms.empty()) << "what it made goes with it";
}

TEST(Bench, ARelayThatStopsHasNoNdr) {
    FakeRelay relay;
    int packet = 0;
    relay.forwards = [&] { return ++packet < 20; };  // enough for the flows to begin
    BenchConfig config = small();
    config.receivers = false;
    config.stage.preset.set_units(3);
    const BenchReport report = bench(relay, config);
    EXPECT_EQ(report.searches[0].found[0].result.lower, 0);
    EXPECT_EQ(report.searches[0].found[0].result.limited_by, LimitedBy::relay);
    EXPECT_FALSE(bench_ok(report));
    EXPECT_TRUE(report.refused.empty()) << "the relay is to blame, and that is a result";
}

// Its own sockets lose packets at every load.
class LeakyGenerator final : public PacketIo {
  public:
    explicit LeakyGenerator(FakeRelay& relay) : relay_(relay) {}
    int open(const Address& local) override { return relay_.open(local); }
    Address local_address(int endpoint) const override { return relay_.local_address(endpoint); }
    bool send(int endpoint, const Address& remote, std::span<const std::uint8_t> bytes) override {
        return relay_.send(endpoint, remote, bytes);
    }
    void flush() override {}
    std::size_t receive(Sink& sink) override { return relay_.receive(sink); }
    void wait(std::int64_t until_us) override { relay_.wait(until_us); }
    IoCounters counters() const override {
        IoCounters counters = relay_.counters();
        counters.receive_dropped = counters.received;
        return counters;
    }

  private:
    FakeRelay& relay_;
};

TEST(Bench, RefusesFiguresWhenTheGeneratorIsTheLimit) {
    FakeRelay relay;
    LeakyGenerator io(relay);
    BenchConfig config = small();
    config.receivers = false;
    const BenchReport report =
        bench_preset(config, relay, io, [](const std::string&, const LoadTrial&) {});
    EXPECT_NE(report.refused.find("generator itself was the limit"), std::string::npos);
    EXPECT_FALSE(bench_ok(report));
    const auto json = bench_json(report);
    EXPECT_TRUE(json["refused"].is_string());
    for (const auto& goal : json["searches"][0]["goals"]) {
        EXPECT_TRUE(goal["load"].is_null());
        EXPECT_TRUE(goal["received_pps"].is_null());
    }
    EXPECT_TRUE(json["latency"].empty());
    EXPECT_NE(bench_table(report).find("REFUSED"), std::string::npos);
}

}  // namespace
}  // namespace strata::gen

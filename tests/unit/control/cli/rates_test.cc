#include "control/cli/rates.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace strata::control::cli {
namespace {

CounterSample sample(std::uint64_t at_us, std::uint64_t packets, std::uint64_t bytes) {
    return read_sample(Json{
        {"sampled_at_us", at_us},
        {"total", {{"sent", packets}, {"sent_bytes", bytes}, {"queued", packets}, {"odd", -1}}},
        {"workers", Json::array({{{"worker", 0}, {"counters", {{"sent", packets}}}}})}});
}

TEST(Rates, SampleIsRead) {
    const CounterSample read = sample(5, 7, 8);
    EXPECT_EQ(read.sampled_at_us, 5u);
    EXPECT_EQ(read.total.at("sent"), 7u);
    EXPECT_FALSE(read.total.contains("odd"));
    EXPECT_EQ(read.names, (std::vector<std::string>{"sent", "sent_bytes", "queued"}));
    EXPECT_EQ(read.workers.at("0").at("sent"), 7u);
}

TEST(Rates, PerSecond) {
    const CounterSample before = sample(1000000, 100, 1000);
    const CounterSample now = sample(3000000, 4100, 251000);
    const double seconds = seconds_between(before, now);
    EXPECT_EQ(seconds, 2.0);
    EXPECT_EQ(rate_text("sent", before.total, now.total, seconds), "2,000");
    EXPECT_EQ(rate_text("sent_bytes", before.total, now.total, seconds), "1.00 Mbit/s");
}

TEST(Rates, NoneWhereItMakesNoSense) {
    const CounterSample before = sample(1000000, 100, 1000);
    const CounterSample now = sample(2000000, 50, 2000);
    EXPECT_EQ(rate_text("sent", before.total, now.total, 1), "");    // began anew
    EXPECT_EQ(rate_text("queued", before.total, now.total, 1), "");  // a gauge
    EXPECT_EQ(rate_text("unknown", before.total, now.total, 1), "");
    EXPECT_EQ(rate_text("sent_bytes", before.total, now.total, 0), "");
    EXPECT_EQ(seconds_between(now, before), 0);
}

TEST(Rates, AnswersOfAnotherShape) {
    EXPECT_TRUE(read_sample(Json(nullptr)).total.empty());
    EXPECT_TRUE(read_sample(Json{{"total", nullptr}, {"workers", 3}}).total.empty());
}

}  // namespace
}  // namespace strata::control::cli

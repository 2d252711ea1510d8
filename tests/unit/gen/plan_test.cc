#include "bench/generator/plan.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace strata::gen {
namespace {

using nlohmann::json;

json good() {
    return json::parse(R"({"duration_s": 2.5, "publishers": [
        {"id": "p", "capture": "a.pcap", "remote": "127.0.0.1:4000", "ssrcs": [7]}],
      "receivers": [{"id": "r", "track": "p", "ssrc": 9, "extensions": {"3": "urn:x"},
        "targets": [{"at_s": 0, "target": "S1T2"}, {"at_s": 1, "target": "none"}]}],
      "limits": {"lost": 3, "grace_ms": 250}})");
}

std::string error_of(const json& plan) {
    try {
        parse_plan(plan, "dir/plan.json");
    } catch (const PlanError& e) {
        return e.what();
    }
    return {};
}

TEST(Plan, ReadsEverything) {
    const Plan plan = parse_plan(good(), "dir/plan.json");
    EXPECT_EQ(plan.duration_us, 2'500'000);
    EXPECT_EQ(plan.publishers[0].capture, "dir/a.pcap");
    EXPECT_EQ(plan.publishers[0].ssrcs, std::vector<std::uint32_t>{7});
    EXPECT_EQ(plan.receivers[0].targets[1].at_us, 1'000'000);
    EXPECT_EQ(plan.receivers[0].extensions->at(3), "urn:x");
    EXPECT_EQ(plan.limits.allowed[static_cast<std::size_t>(Fault::lost)], 3u);
    EXPECT_EQ(plan.limits.times.grace_us, 250'000);
}

TEST(Plan, NamesWhatIsWrong) {
    json plan = good();
    plan["publishers"][0]["sped"] = 1;
    EXPECT_NE(error_of(plan).find("unknown key \"sped\""), std::string::npos);
    plan = good();
    plan["publishers"][0]["remote"] = "nowhere";
    EXPECT_NE(error_of(plan).find("publishers[0]"), std::string::npos);
    plan = good();
    plan["receivers"][0]["track"] = "q";
    EXPECT_NE(error_of(plan).find("no publisher \"q\""), std::string::npos);
    plan = good();
    plan["limits"]["luck"] = 1;
    EXPECT_NE(error_of(plan).find("unknown limit"), std::string::npos);
    plan = good();
    plan["publishers"][0]["profile"] = "opus";
    EXPECT_NE(error_of(plan).find("either"), std::string::npos);
    EXPECT_FALSE(error_of(json::array()).empty());
}

}  // namespace
}  // namespace strata::gen

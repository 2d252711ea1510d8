#include "bench/generator/export.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/generator/pcap_reader.h"
#include "relay/rtp/byte_order.h"
#include "source_folders.h"

namespace strata::gen {
namespace {

Plan plan_of(const char* local) {
    setenv("STRATA_GEN_PROFILES", STRATA_PROFILES, 1);
    return parse_plan(nlohmann::json{{"publishers",
                                      {{{"id", "cam"},
                                        {"profile", "vp9-l3t3"},
                                        {"local", local},
                                        {"remote", "10.0.0.1:20000"}},
                                       {{"id", "mic"},
                                        {"profile", "opus"},
                                        {"local", "10.0.0.2:5002"},
                                        {"remote", "10.0.0.1:20000"}}}}},
                      "");
}

TEST(Export, IsWhatThePublishersWouldSend) {
    const std::string path = testing::TempDir() + "export.pcap";
    ExportOptions options;
    options.file = path;
    options.seconds = 2;
    options.multiplier = 2;
    const nlohmann::json told = export_plan(plan_of("10.0.0.2:5000"), options);
    const auto packets = read_pcap(path);
    std::uint64_t audio = 0;
    std::int64_t last_us = 0;
    for (const CapturedDatagram& p : packets) {
        EXPECT_GE(p.time_us, last_us);
        last_us = p.time_us;
        if (p.source.port != 5002) continue;
        ++audio;
        EXPECT_EQ(relay::load_be32(&p.payload[8]),
                  told[1]["track"]["ssrcs"][0].get<std::uint32_t>());
    }
    EXPECT_LT(last_us, 2'000'000);
    EXPECT_EQ(audio, 200u) << "50 a second, twice as fast, two seconds";
    EXPECT_EQ(told[1]["packets"], audio);
    EXPECT_EQ(told[0]["packets"].get<std::uint64_t>(), packets.size() - audio);
    const auto& owed = told[0]["owed"];
    EXPECT_EQ(owed["S2T2"], told[0]["packets"]) << "full SVC: the highest layers take everything";
    EXPECT_LT(owed["S0T0"].get<int>(), owed["S0T2"].get<int>());
    EXPECT_LT(owed["S0T2"].get<int>(), owed["S1T2"].get<int>());
    std::filesystem::remove(path);
}

TEST(Export, WantsPortsToSendFrom) {
    ExportOptions options;
    options.file = testing::TempDir() + "none.pcap";
    EXPECT_THROW(export_plan(plan_of("10.0.0.2:0"), options), PlanError);
}

}  // namespace
}  // namespace strata::gen

#include "bench/generator/profile.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/generator/pcap_reader.h"
#include "source_folders.h"

namespace strata::gen {
namespace {

TEST(Profile, EveryDataFileParses) {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(STRATA_PROFILES)) {
        const Profile profile = load_profile(entry.path().string());
        EXPECT_FALSE(profile.track.encodings.empty()) << entry.path();
        ++count;
    }
    EXPECT_GE(count, 12);
}

TEST(Profile, IsFoundByNameAndAnUnknownNameTellsTheKnownOnes) {
    setenv("STRATA_GEN_PROFILES", STRATA_PROFILES, 1);
    EXPECT_EQ(load_profile("vp8-simulcast").track.encodings[2].rid, "f");
    try {
        load_profile("vp7");
        FAIL();
    } catch (const FileError& e) {
        EXPECT_NE(std::string(e.what()).find("av1-l3t3"), std::string::npos);
    }
}

TEST(Profile, RefusesWhatNoCodecCanDo) {
    const auto base =
        nlohmann::json::parse(R"({"codec":"VP9","mode":"L2T1","layers":[{"kbps":1},{"kbps":2}]})");
    EXPECT_NO_THROW(parse_profile(base, "x"));
    for (const char* change :
         {R"({"codec":"VP8"})", R"({"mode":"L3T1"})", R"({"mode":"M1"})", R"({"fps":0})",
          R"({"flexible":false})", R"({"speed":1})", R"({"codec":"VP7"})", R"({"layers":[]})",
          R"({"packet_bytes":9000})"}) {
        nlohmann::json changed = base;
        changed.update(nlohmann::json::parse(change));
        EXPECT_THROW(parse_profile(changed, "x"), FileError) << change;
    }
}

}  // namespace
}  // namespace strata::gen

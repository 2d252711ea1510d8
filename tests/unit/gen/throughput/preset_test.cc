#include "bench/generator/throughput/preset.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "bench/generator/pcap_reader.h"
#include "bench/generator/profile.h"
#include "bench/generator/target.h"
#include "source_folders.h"

namespace strata::gen {
namespace {

const auto kSmall = R"({"members": [
    {"name": "s", "publish": ["opus"]},
    {"name": "r", "count": 5, "receive": [{"kind": "audio"}]}], "scale": "r"})"_json;

TEST(Preset, ThoseThatComeAlongAreWhole) {
    setenv("STRATA_GEN_PROFILES", STRATA_PROFILES, 1);
    setenv("STRATA_GEN_PRESETS", STRATA_PRESETS, 1);
    const auto names = preset_names();
    for (const char* wanted : {"audio-only", "grid-25", "meeting-10", "classroom-1x500",
                               "webinar-1x5000", "churn", "adversarial"})
        EXPECT_NE(std::ranges::find(names, wanted), names.end()) << wanted;
    for (const std::string& name : names) {
        const Preset preset = load_preset(name);
        EXPECT_FALSE(preset.description.empty()) << name;
        EXPECT_GT(preset.receivers(), 0u) << name;
        for (const PresetMembers& m : preset.members) {
            for (const std::string& profile : m.publish) EXPECT_NO_THROW(load_profile(profile));
            for (const PresetReceive& r : m.receive)
                for (const std::string& layers : r.layers) {
                    const auto track = load_profile(r.video ? "vp9-l3t3" : "opus").track;
                    EXPECT_TRUE(parse_target(layers, track)) << name << " " << layers;
                }
        }
    }
}

TEST(Preset, GrowsByWhatItsScaleNames) {
    Preset preset = parse_preset(kSmall, "small");
    EXPECT_EQ(preset.units(), 5u);
    preset.set_units(9);
    EXPECT_EQ(preset.receivers(), 9u);
    preset.scale = "rooms";
    preset.set_units(3);
    EXPECT_EQ(preset.receivers(), 27u);
}

TEST(Preset, SaysWhatIsWrong) {
    const auto message = [](nlohmann::json json, const char* path, const nlohmann::json& value) {
        json[nlohmann::json::json_pointer(path)] = value;
        try {
            parse_preset(json, "p");
        } catch (const FileError& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    EXPECT_EQ(message(kSmall, "/rooms", 1), "");
    EXPECT_NE(message(kSmall, "/room", 1).find("unknown key \"room\""), std::string::npos);
    EXPECT_NE(message(kSmall, "/scale", "s").find("\"scale\""), std::string::npos);
    EXPECT_NE(message(kSmall, "/members/1/count", 0).find("\"count\""), std::string::npos);
    EXPECT_NE(message(kSmall, "/members/1/receive/0/kind", "text").find("video or audio"),
              std::string::npos);
    EXPECT_NE(
        message(kSmall, "/members/0/publish", nlohmann::json::array()).find("nobody publishes"),
        std::string::npos);
    EXPECT_NE(message(kSmall, "/churn/joins_per_s", -1).find("joins_per_s"), std::string::npos);
}

}  // namespace
}  // namespace strata::gen

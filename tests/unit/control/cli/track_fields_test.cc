#include "control/cli/track_fields.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace strata::control::cli {
namespace {

std::string track_of(std::vector<std::pair<const char*, const char*>> given) {
    Values values;
    for (const auto& [option, value] : given) values[option].push_back(value);
    Json body = Json::object();
    const auto set = set_track_fields(body, values);
    return set ? body.dump() : error_text(set.error());
}

TEST(TrackFields, SingleStream) {
    EXPECT_EQ(
        track_of({{"--codec", "VP9"},
                  {"--payload-type", "98"},
                  {"--ssrc", "0x3CF998DE"},
                  {"--dependency-descriptor", "14"},
                  {"--name", "cam"},
                  {"--e2ee", "true"}}),
        R"({"name":"cam","codec":"VP9","payload_type":98,"extensions":{"14":"https://aomediacodec.)"
        R"(github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"},)"
        R"("end_to_end_encrypted":true,"ssrcs":[1022990558]})");
}

TEST(TrackFields, Simulcast) {
    EXPECT_EQ(
        track_of({{"--encoding", "q"}, {"--encoding", "h:5"}, {"--encoding", "f:6:7"}}),
        R"({"encodings":[{"rid":"q"},{"rid":"h","ssrc":5},{"rid":"f","ssrc":6,"rtx_ssrc":7}]})");
}

TEST(TrackFields, OptionsGoOverJson) {
    EXPECT_EQ(track_of({{"--json", R"({"codec":"VP8","payload_type":96})"}, {"--codec", "AV1"}}),
              R"({"codec":"AV1","payload_type":96})");
}

TEST(TrackFields, Wrong) {
    EXPECT_EQ(
        track_of({{"--payload-type", "x"}}),
        "strata: --payload-type: found \"x\", expected a whole number from 0 to 4294967295\n");
    EXPECT_EQ(
        track_of({{"--ssrc", "4294967296"}}),
        "strata: --ssrc: found \"4294967296\", expected a whole number from 0 to 4294967295\n");
    EXPECT_EQ(track_of({{"--extension", "4"}}),
              "strata: --extension: found \"4\", expected ID=URI\n  hint: such as --extension "
              "4=urn:ietf:params:rtp-hdrext:sdes:mid\n");
    EXPECT_EQ(track_of({{"--encoding", "q:1:2:3"}}),
              "strata: --encoding: found \"q:1:2:3\", expected RID, RID:SSRC or RID:SSRC:RTX\n");
    EXPECT_EQ(track_of({{"--encoding", ""}}),
              "strata: --encoding: found \"\", expected RID, RID:SSRC or RID:SSRC:RTX\n");
    EXPECT_EQ(track_of({{"--json", "[]"}}), "strata: --json: the text isn't a JSON object\n");
    EXPECT_EQ(track_of({{"--file", "/nonexistent"}}),
              "strata: --file: \"/nonexistent\" can't be read\n");
}

TEST(SubscriptionFields, NumbersAndLayers) {
    Values values;
    values["--layers"] = {"q:T2"};
    values["--ssrc"] = {"9"};
    values["--extension"] = {"4=urn:x", "5=urn:y"};
    Json body = Json::object();
    ASSERT_TRUE(set_subscription_fields(body, values));
    EXPECT_EQ(body.dump(), R"({"layers":"q:T2","ssrc":9,"extensions":{"4":"urn:x","5":"urn:y"}})");
}

}  // namespace
}  // namespace strata::control::cli

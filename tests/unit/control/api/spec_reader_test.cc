#include "control/api/spec_reader.h"

#include <gtest/gtest.h>

#include <random>

#include "control/room/media_rules.h"

namespace strata::control {
namespace {

constexpr const char* kTrack =
    R"({"name":"v","codec":"VP9","payload_type":98,"rtx_payload_type":99,"mid":"0",
        "extensions":{"14":"https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"},
        "ssrcs":[1023003358],"end_to_end_encrypted":true,"clock_rate_hz":90000})";

}  // namespace

TEST(SpecReader, a_track_as_in_a_session_file) {
    const auto spec = read_track(kTrack);
    ASSERT_TRUE(spec) << spec.error().detail;
    EXPECT_EQ(spec->codec, "VP9");
    EXPECT_EQ(spec->encodings.size(), 1u);
    EXPECT_EQ(spec->encodings[0].ssrc, 1023003358u);
    EXPECT_EQ(spec->extensions.size(), 1u);
    EXPECT_TRUE(spec->end_to_end_encrypted);
    const auto simulcast = read_track(
        R"({"codec":"VP8","payload_type":96,"encodings":[{"rid":"q"},{"rid":"h","ssrc":5,"rtx_ssrc":6}]})");
    ASSERT_TRUE(simulcast);
    EXPECT_EQ(simulcast->encodings[1].rtx_ssrc, 6u);
}

TEST(SpecReader, bodies_that_are_refused) {
    const auto code = [](const auto& result) {
        return result ? ErrorCode::kCount : result.error().code;
    };
    EXPECT_EQ(code(read_room("{}")), ErrorCode::missing_field);
    EXPECT_EQ(code(read_room(R"({"name":7})")), ErrorCode::invalid_field);
    EXPECT_EQ(code(read_room(R"({"name":"a","worker":-1})")), ErrorCode::invalid_field);
    EXPECT_EQ(code(read_room(R"({"name":"a","owner":"b"})")), ErrorCode::unknown_field);
    EXPECT_EQ(code(read_room(R"({"name":"a","profile":3})")), ErrorCode::invalid_field);
    EXPECT_EQ(code(read_participant(R"({"remote":"localhost:1"})")), ErrorCode::invalid_field);
    EXPECT_EQ(code(read_participant(R"({"remote":5})")), ErrorCode::invalid_field);
    EXPECT_EQ(code(read_participant(R"({"mtu_bytes":100})")), ErrorCode::invalid_field);
    EXPECT_EQ(code(read_track(R"({"codec":"VP8"})")), ErrorCode::missing_field);
    const auto track = [&](const std::string& rest) {
        return code(read_track(R"({"codec":"VP8","payload_type":96,)" + rest + "}"));
    };
    EXPECT_EQ(track(R"("mid":"0")"), ErrorCode::missing_field);
    EXPECT_EQ(track(R"("ssrcs":[1],"encodings":[{"rid":"q"}])"), ErrorCode::missing_field);
    EXPECT_EQ(track(R"("ssrcs":[0])"), ErrorCode::invalid_field);
    EXPECT_EQ(track(R"("ssrcs":[4294967296])"), ErrorCode::invalid_field);
    EXPECT_EQ(track(R"("ssrcs":["1"])"), ErrorCode::invalid_field);
    EXPECT_EQ(track(R"("ssrcs":{})"), ErrorCode::invalid_field);
    EXPECT_EQ(track(R"("ssrcs":[1,2,3,4,5])"), ErrorCode::invalid_field);
    EXPECT_EQ(track(R"("encodings":[5])"), ErrorCode::invalid_field);
    EXPECT_EQ(track(R"("encodings":[{"rids":"q"}])"), ErrorCode::unknown_field);
    for (const char* id : {"0x1", "01", "256", "-1", "", "a"})
        EXPECT_EQ(track(R"("ssrcs":[1],"extensions":{")" + std::string(id) + R"(":"u"})"),
                  ErrorCode::invalid_field)
            << id;
    EXPECT_EQ(track(R"("ssrcs":[1],"extensions":{"1":5})"), ErrorCode::invalid_field);
    EXPECT_EQ(code(read_subscription(R"({"layers":"max"})")), ErrorCode::missing_field);
    EXPECT_EQ(code(read_subscription(R"({"track":"t1","ssrc":0})")), ErrorCode::invalid_field);
    EXPECT_EQ(code(read_layers("{}")), ErrorCode::missing_field);
    EXPECT_EQ(code(read_layers(R"({"layers":"S1","ssrc":4})")), ErrorCode::unknown_field);
    const auto nested = read_track(
        R"({"codec":"VP8","payload_type":96,"encodings":[{"rid":"q"},{"rid":"h","ssrc":-1}]})");
    EXPECT_EQ(nested.error().object, "encodings[1].ssrc");
}

TEST(SpecReader, settings_of_a_profile) {
    const auto spec = read_profile(
        R"({"publish":"admins-video","video_slots":49,"audio_slots":0,"pinned":"nobody","layers":"S1T2"})");
    ASSERT_TRUE(spec) << spec.error().detail;
    EXPECT_EQ(spec->publish, RoomProfile::Publish::admins_video);
    EXPECT_EQ(spec->video_slots, 49u);
    EXPECT_EQ(spec->audio_slots, 0u);
    EXPECT_EQ(spec->pinned, RoomProfile::Pinned::nobody);
    EXPECT_EQ(slot_layers_text(spec->layers.value_or(SlotLayers{})), "S1T2");
    const auto nothing = read_profile("{}");
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(nothing->publish || nothing->video_slots || nothing->audio_slots ||
                 nothing->pinned || nothing->layers);
    const auto refused = [](const char* body) {
        const auto wrong = read_profile(body);
        return wrong ? std::string("accepted")
                     : std::string(error_code_text(wrong.error().code)) + " " +
                           wrong.error().object + ", " + wrong.error().hint;
    };
    EXPECT_EQ(refused(R"({"publish":"teachers"})"),
              "invalid-field publish, all, admins or admins-video");
    EXPECT_EQ(refused(R"({"pinned":"nobdy"})"), "invalid-field pinned, nobody, admins or all");
    EXPECT_TRUE(refused(R"({"pinned":null})").starts_with("invalid-field pinned"));
    EXPECT_TRUE(refused(R"({"video_slots":50})").starts_with("invalid-field video_slots"));
    EXPECT_TRUE(refused(R"({"audio_slots":17})").starts_with("invalid-field audio_slots"));
    EXPECT_TRUE(refused(R"({"audio_slots":-1})").starts_with("invalid-field audio_slots"));
    for (const char* layers : {"none", "q:T1", "big", ""})
        EXPECT_TRUE(refused((R"({"layers":")" + std::string(layers) + R"("})").c_str())
                        .starts_with("invalid-layers layers, size, max"))
            << layers;
    EXPECT_EQ(refused(R"({"video_slot":1})"),
              "unknown-field video_slot, did you mean 'video_slots'?");
    EXPECT_TRUE(refused(R"({"name":"other"})").starts_with("unknown-field name"));
}

// Random damage to valid bodies: every reader answers with a spec or an error, and what it takes
// never makes the rules behind it fail in another way than by refusing.
TEST(SpecReader, damaged_bodies_end_in_a_spec_or_an_error) {
    std::mt19937 rng(3);
    const std::string dictionary =
        "{}[]\",:0123456789.-+eEtrufalsn\\ \x00\xff\xc3\xa4"
        "abcSTqh/u";
    std::size_t taken = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string body = kTrack;
        const int edits = 1 + static_cast<int>(rng() % 4);
        for (int e = 0; e < edits; ++e) {
            const std::size_t at = rng() % body.size();
            switch (rng() % 4) {
                case 0: body[at] = dictionary[rng() % dictionary.size()]; break;
                case 1: body.erase(at, 1 + rng() % 8); break;
                case 2: body.insert(at, 1, dictionary[rng() % dictionary.size()]); break;
                case 3: body.insert(at, body.substr(rng() % body.size(), rng() % 16)); break;
            }
            if (body.empty()) body = "{";
        }
        const auto spec = read_track(body);
        if (spec && make_track(*spec)) ++taken;
        EXPECT_TRUE(spec || !spec.error().detail.empty());
        (void)read_room(body);
        (void)read_profile(body);
        (void)read_participant(body);
        (void)read_subscription(body);
        (void)read_layers(body);
    }
    EXPECT_GT(taken, 100u);
}

}  // namespace strata::control

#include "control/room/media_rules.h"

#include <gtest/gtest.h>

namespace strata::control {
namespace {

TrackSpec simulcast() {
    TrackSpec spec{.codec = "VP8", .payload_type = 96, .rtx_payload_type = 97};
    spec.extensions = {{10, std::string(kRidUri)}};
    spec.encodings = {{.rid = "q"}, {.rid = "h", .ssrc = 7, .rtx_ssrc = 8}};
    return spec;
}

ErrorCode code_of(const TrackSpec& spec) {
    const auto track = make_track(spec);
    return track ? ErrorCode::kCount : track.error().code;
}

}  // namespace

TEST(MediaRules, takes_a_simulcast_track) {
    const auto track = make_track(simulcast());
    ASSERT_TRUE(track) << track.error().detail;
    EXPECT_EQ(track->clock_rate_hz, 90'000u);
    EXPECT_EQ(track->encodings.size(), 2u);
}

TEST(MediaRules, codec_names_have_one_spelling) {
    TrackSpec spec = simulcast();
    spec.codec = "vp9";
    EXPECT_EQ(make_track(spec)->codec, "VP9");
    spec.codec = "Opus";
    EXPECT_EQ(make_track(spec)->codec, "opus");
    EXPECT_EQ(make_track(spec)->clock_rate_hz, 48'000u);
    spec.codec = "H266";  // opaque
    EXPECT_EQ(make_track(spec)->codec, "H266");
    for (const std::string& codec : {std::string(), std::string("a b"), std::string(33, 'x')}) {
        spec.codec = codec;
        EXPECT_EQ(code_of(spec), ErrorCode::invalid_field);
    }
}

TEST(MediaRules, payload_types_that_look_like_rtcp_are_refused) {  // C41
    for (const std::uint32_t type : {0u, 63u, 96u, 127u})
        EXPECT_TRUE(check_payload_type("payload_type", type)) << type;
    for (const std::uint32_t type : {64u, 72u, 95u, 128u, 255u})
        EXPECT_FALSE(check_payload_type("payload_type", type)) << type;
    EXPECT_FALSE(check_payload_types(96, 96, 0));
    EXPECT_FALSE(check_payload_types(96, 0, 96));
    EXPECT_FALSE(check_payload_types(96, 97, 97));
    EXPECT_TRUE(check_payload_types(0, 0, 0));
    EXPECT_TRUE(check_payload_types(96, 97, 98));
}

TEST(MediaRules, extension_ids) {
    EXPECT_TRUE(check_extensions({{1, "a"}, {14, "b"}, {16, "c"}, {255, "d"}}));
    EXPECT_FALSE(check_extensions({{0, "a"}}));
    EXPECT_FALSE(check_extensions({{15, "a"}}));
    EXPECT_FALSE(check_extensions({{1, "a"}, {2, "a"}}));
    EXPECT_FALSE(check_extensions({{1, ""}}));
    EXPECT_FALSE(check_extensions({{1, "a b"}}));
    EXPECT_FALSE(check_extensions({{1, std::string(256, 'a')}}));
    Extensions many;
    for (std::uint8_t id = 16; id < 16 + 17; ++id) many[id] = "uri:" + std::to_string(id);
    EXPECT_FALSE(check_extensions(many));
}

TEST(MediaRules, encodings_must_be_recognisable) {
    TrackSpec spec = simulcast();
    spec.encodings = {};
    EXPECT_EQ(code_of(spec), ErrorCode::invalid_field);
    spec.encodings = std::vector<Encoding>(5, Encoding{.ssrc = 1});
    EXPECT_EQ(code_of(spec), ErrorCode::invalid_field);
    spec.encodings = {Encoding{}};
    EXPECT_EQ(code_of(spec), ErrorCode::missing_field);
    spec.encodings = {{.rid = "q"}, {.rid = "q", .ssrc = 3}};
    EXPECT_EQ(code_of(spec), ErrorCode::invalid_field);
    spec.encodings = {{.rid = "q-"}};
    EXPECT_EQ(code_of(spec), ErrorCode::invalid_field);
    spec.encodings = {{.ssrc = 3}, {.ssrc = 3}};
    EXPECT_EQ(code_of(spec), ErrorCode::ssrc_collision);  // C38
    spec.encodings = {{.ssrc = 3, .rtx_ssrc = 3}};
    EXPECT_EQ(code_of(spec), ErrorCode::ssrc_collision);
    spec = simulcast();
    spec.rtx_payload_type = 0;
    EXPECT_EQ(code_of(spec), ErrorCode::missing_field);
    spec = simulcast();
    spec.extensions.clear();  // no way to learn q's SSRC (B8)
    EXPECT_EQ(code_of(spec), ErrorCode::missing_field);
    spec = simulcast();
    spec.mid = std::string(17, 'm');
    EXPECT_EQ(code_of(spec), ErrorCode::invalid_field);
}

// RFC 8843 section 9.2
TEST(MediaRules, a_single_stream_may_be_known_by_its_mid) {
    TrackSpec spec = simulcast();
    spec.encodings = {Encoding{}};
    spec.mid = "1";
    EXPECT_EQ(code_of(spec), ErrorCode::missing_field);  // nothing would carry it
    spec.extensions[11] = std::string(kMidUri);
    EXPECT_TRUE(make_track(spec));
    spec.encodings = {Encoding{}, {.ssrc = 9}};  // whose would it be?
    EXPECT_EQ(code_of(spec), ErrorCode::missing_field);
    spec.encodings = {Encoding{}};
    spec.mid.clear();
    EXPECT_EQ(code_of(spec), ErrorCode::missing_field);
}

}  // namespace strata::control

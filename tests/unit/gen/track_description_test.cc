#include "bench/generator/track_description.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace strata::gen {
namespace {

TEST(TrackDescription, CodecsByName) {
    for (const char* name : {"VP8", "VP9", "AV1", "H264", "H264-SVC", "opus"})
        EXPECT_EQ(codec_name(codec_of_name(name)), name);
    EXPECT_EQ(codec_of_name("vp9/90000"), relay::Codec::vp9);
    EXPECT_EQ(codec_of_name("Opus/48000/2"), relay::Codec::opus);
    EXPECT_EQ(codec_of_name("theora"), relay::Codec::opaque);
    EXPECT_EQ(codec_name(relay::Codec::opaque), "");
}

TEST(TrackDescription, TheParserKnowsEveryPayloadType) {
    const TrackDescription track{.codec = "VP9",
                                 .payload_type = 98,
                                 .rtx_payload_type = 99,
                                 .red_payload_type = 100,
                                 .extensions = {{9, "urn:ietf:params:rtp-hdrext:sdes:mid"}}};
    const relay::PacketParser parser = track.parser();
    EXPECT_EQ(parser.payload_types[98].role, relay::PayloadRole::media);
    EXPECT_EQ(parser.payload_types[98].codec, relay::Codec::vp9);
    EXPECT_EQ(parser.payload_types[99].role, relay::PayloadRole::rtx);
    EXPECT_EQ(parser.payload_types[100].role, relay::PayloadRole::red);
    EXPECT_EQ(parser.payload_types[0].role, relay::PayloadRole::unknown);
    EXPECT_EQ(parser.extensions.id(relay::ExtensionKind::mid), 9);
}

TEST(TrackDescription, RidsNameEncodings) {
    TrackDescription track{.encodings = {{.rid = "q"}, {.rid = "h"}, {.rid = "f"}}};
    EXPECT_EQ(track.encoding_of_rid("h"), 1);
    EXPECT_EQ(track.encoding_of_rid(""), 2) << "the largest";
    EXPECT_EQ(track.encoding_of_rid("x"), -1);
    track.encodings = {{.ssrc = 5}, {.ssrc = 6}};
    EXPECT_EQ(track.encoding_of_rid("1"), 1) << "without rids by number";
}

TEST(TrackDescription, JsonIsThatOfTheSessionFile) {
    TrackDescription track{.codec = "VP8", .payload_type = 96, .encodings = {{.ssrc = 5}}};
    EXPECT_EQ(to_json(track)["ssrcs"], nlohmann::json({5}));
    EXPECT_FALSE(to_json(track).contains("rtx_payload_type"));
    track.encodings = {{.rid = "q"}, {.rid = "h", .ssrc = 7, .rtx_ssrc = 8}};
    const nlohmann::json encodings = to_json(track)["encodings"];
    EXPECT_EQ(encodings[0], nlohmann::json({{"rid", "q"}}));
    EXPECT_EQ(encodings[1], nlohmann::json({{"rid", "h"}, {"ssrc", 7}, {"rtx_ssrc", 8}}));
}

}  // namespace
}  // namespace strata::gen

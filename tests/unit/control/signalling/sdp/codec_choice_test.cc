#include "control/signalling/sdp/codec_choice.h"

#include <gtest/gtest.h>

namespace strata::control::sdp {
namespace {

Format format(int pt, const char* codec, const char* parameters = "", std::uint32_t rate = 90000) {
    return {.payload_type = static_cast<std::uint8_t>(pt),
            .codec = codec,
            .clock_rate_hz = rate,
            .parameters = parameters};
}

TEST(SdpCodecChoice, NamesAreCanonical) {
    const Media video{.kind = "video"}, audio{.kind = "audio"};
    EXPECT_EQ(relayed_codec(video, format(1, "vp8")), "VP8");
    EXPECT_EQ(relayed_codec(audio, format(1, "OPUS", "", 48000)), "opus");
    EXPECT_FALSE(relayed_codec(audio, format(1, "VP8")));
    EXPECT_FALSE(relayed_codec(video, format(1, "VP8", "", 48000)));
    EXPECT_FALSE(relayed_codec(video, format(1, "H265")));
}

TEST(SdpCodecChoice, ViewersDecodeWhatIsSent) {
    const Media media{
        .kind = "video",
        .formats = {format(100, "VP9", "profile-id=2"), format(98, "VP9"),
                    format(102, "H264", "packetization-mode=0;profile-level-id=42e01f"),
                    format(103, "H264", "packetization-mode=1;profile-level-id=64001f"),
                    format(104, "rtx", "apt=103")}};
    BundleExtensions bundle;
    const auto chosen = [&](const char* codec, const char* parameters) {
        const auto choice =
            choose_to_send(media, codec, parameters, {.retransmission = true}, bundle);
        return choice ? int{choice->media.payload_type} : 0;
    };
    EXPECT_EQ(chosen("VP9", "profile-id=0"), 98);
    EXPECT_EQ(chosen("VP9", "profile-id=2"), 100);
    EXPECT_EQ(chosen("H264", "packetization-mode=1;profile-level-id=42e01f"), 103);
    EXPECT_EQ(chosen("H264", "packetization-mode=0;profile-level-id=42e01f"), 102);
    EXPECT_EQ(chosen("H264", "packetization-mode=1;profile-level-id=4d001f"), 0);
    EXPECT_EQ(chosen("VP8", ""), 0);
}

// Viewers are promised what is stamped for them, and a MID only if it can be (C29, C37).
TEST(SdpCodecChoice, ViewersGetTheHopsExtensionsWhereTheyWork) {
    Media media{.kind = "video", .mid = "1", .formats = {format(96, "VP8")}};
    media.formats[0].feedback = {"transport-cc", "nack pli"};
    media.extensions = {{1, std::string(uri::kTransportCc)},
                        {2, std::string(uri::kMid)},
                        {3, std::string(uri::kRid)}};
    const auto chosen = [&](const Capabilities& can) {
        BundleExtensions bundle;
        return *choose_to_send(media, "VP8", "", can, bundle);
    };
    EXPECT_TRUE(chosen({}).extensions.empty());
    EXPECT_EQ(chosen({}).media.feedback, std::vector<std::string>{"nack pli"});
    const Choice all = chosen({.transport_cc = true, .stamps_mid = true});
    EXPECT_EQ(all.extensions, (std::vector{media.extensions[0], media.extensions[1]}));
    EXPECT_EQ(all.media.feedback, media.formats[0].feedback);
    media.mid = "a-long-name";
    EXPECT_EQ(chosen({.transport_cc = true, .stamps_mid = true}).extensions,
              std::vector{media.extensions[0]});
}

TEST(SdpCodecChoice, OneIdOneMeaningInABundle) {
    BundleExtensions bundle;
    EXPECT_TRUE(bundle.take({1, "a"}));
    EXPECT_TRUE(bundle.take({1, "a"}));
    EXPECT_FALSE(bundle.take({1, "b"}));
    EXPECT_FALSE(bundle.take({2, "a"}));
    EXPECT_TRUE(bundle.take({2, "b"}));
}

}  // namespace
}  // namespace strata::control::sdp

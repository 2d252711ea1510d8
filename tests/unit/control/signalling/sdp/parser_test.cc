#include "control/signalling/sdp/parser.h"

#include <gtest/gtest.h>

#include "tests/unit/control/signalling/sdp/offers.h"

namespace strata::control::sdp {
namespace {

TEST(SdpParser, ChromiumSimulcast) {
    const Description d = offer("chromium-simulcast");
    ASSERT_EQ(d.media.size(), 2u);
    EXPECT_TRUE(d.extmap_allow_mixed);
    EXPECT_EQ(d.bundle, (std::vector<std::string>{"0", "1"}));
    const Media& video = d.media[1];
    EXPECT_EQ(video.kind, "video");
    EXPECT_EQ(video.direction, Direction::sendonly);
    EXPECT_EQ(video.formats.size(), 23u);
    EXPECT_EQ(video.formats[0].codec, "VP8");
    EXPECT_EQ(video.formats[1].parameters, "apt=96");
    EXPECT_EQ(video.simulcast_send, (std::vector<std::string>{"q", "h", "f"}));
    EXPECT_EQ(video.rids.size(), 3u);
    EXPECT_TRUE(video.rtcp_mux && video.rtcp_rsize);
    EXPECT_TRUE(video.transport.fingerprint);
    EXPECT_EQ(video.transport.setup, Setup::actpass);
    EXPECT_EQ(d.media[0].formats[0].channels, 2);
}

TEST(SdpParser, OtherStacks) {
    const Description aiortc = offer("aiortc-publish");
    EXPECT_EQ(aiortc.media[1].source_groups[0].semantics, "FID");
    EXPECT_NE(aiortc.media[0].transport.ice_ufrag, "");
    const Description gstreamer = offer("gstreamer-publish");
    EXPECT_EQ(gstreamer.media[1].port, 0);
    EXPECT_FALSE(gstreamer.media[1].rejected());  // bundle-only
    EXPECT_EQ(gstreamer.media[0].mid, "video0");
    EXPECT_EQ(offer("chromium-view").media[2].kind, "application");
}

TEST(SdpParser, SectionAttributesOnceMore) {
    const Media m = parsed(small_offer("a=fmtp:96 x=1\r\na=rtcp-fb:* nack pli\r\n"
                                       "a=simulcast:send a,b;~c recv d\r\n"
                                       "a=extmap:3/sendonly urn:x\r\n"
                                       "a=extmap:4097 urn:too-high\r\na=extmap:300 urn:unusable\r\n"
                                       "a=msid:s t\r\na=unknown:whatever\r\na=unknown\r\n"))
                        .media.at(0);
    EXPECT_EQ(m.formats[0].parameters, "x=1");
    EXPECT_EQ(m.formats[0].feedback, std::vector<std::string>{"nack pli"});
    EXPECT_EQ(m.simulcast_send, (std::vector<std::string>{"a", "c"}));
    EXPECT_EQ(m.simulcast_recv, std::vector<std::string>{"d"});
    EXPECT_EQ(m.extensions, (std::vector<ExtensionMapping>{{3, "urn:x"}}));
    EXPECT_EQ(m.msid, (Msid{"s", "t"}));
}

struct Hostile {
    const char* what;
    std::string text;
};

TEST(SdpParser, RefusesWhatIsHostile) {
    const std::string good = small_offer();
    std::string with_null = good;
    with_null[20] = '\0';
    std::string many_sections = good;
    for (int i = 0; i < 70; ++i) many_sections += "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n";
    std::string many_lines = good;
    for (int i = 0; i < 5000; ++i) many_lines += "a=x\r\n";
    const std::vector<Hostile> cases = {
        {"empty", ""},
        {"not sdp", "hello"},
        {"json", "{\"sdp\":\"v=0\"}"},
        {"no media", "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"},
        {"null byte", with_null},
        {"huge", good + std::string(70'000, 'a')},
        {"long line", good + "a=" + std::string(3000, 'x') + "\r\n"},
        {"sections", many_sections},
        {"lines", many_lines},
        {"version", "v=1" + good.substr(3)},
        {"payload type", small_offer("", "m=video 9 UDP/TLS/RTP/SAVPF 128\r\n")},
        {"payload type twice", small_offer("", "m=video 9 UDP/TLS/RTP/SAVPF 96 96\r\n")},
        {"no format", small_offer("", "m=video 9 UDP/TLS/RTP/SAVPF\r\n")},
        {"second mid", small_offer("a=mid:1\r\n")},
        {"mid too long",
         small_offer("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:" + std::string(17, 'm') + "\r\n")},
        {"same mid", small_offer("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n")},
        {"bundle of nothing",
         "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
         "a=group:BUNDLE 5\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"},
        {"second rtpmap", small_offer("a=rtpmap:96 VP9/90000\r\n")},
        {"rtpmap", small_offer("", "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=rtpmap:97 VP9\r\n")},
        {"extmap id 15", small_offer("a=extmap:15 urn:x\r\n")},
        {"extmap twice", small_offer("a=extmap:1 urn:x\r\na=extmap:1 urn:y\r\n")},
        {"extmap uri twice", small_offer("a=extmap:1 urn:x\r\na=extmap:2 urn:x\r\n")},
        {"ssrc 0", small_offer("a=ssrc:0 cname:x\r\n")},
        {"ssrc", small_offer("a=ssrc:4294967296 cname:x\r\n")},
        {"rid", small_offer("a=rid:a/b send\r\n")},
        {"rid twice", small_offer("a=rid:a send\r\na=rid:a send\r\n")},
        {"simulcast", small_offer("a=simulcast:both a\r\n")},
        {"ufrag", small_offer("a=ice-ufrag:a b\r\n")},
        {"pwd", small_offer("a=ice-pwd:short\r\n")},
        {"setup", small_offer("a=setup:holdconn2\r\n")},
        {"fingerprint", small_offer("a=fingerprint:sha-256 00:11\r\n")},
        {"two fingerprints",
         small_offer("a=fingerprint:sha-256 FF:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:"
                     "12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n")},
    };
    ASSERT_TRUE(parse(good, {}));
    for (const Hostile& c : cases) {
        const auto got = parse(c.text, {});
        ASSERT_FALSE(got) << c.what;
        EXPECT_EQ(got.error().code, ErrorCode::invalid_sdp) << c.what;
        EXPECT_FALSE(got.error().detail.empty());
    }
}

// C51: cut anywhere, it is refused or understood, and nothing else happens.
TEST(SdpParser, TruncatedAnywhere) {
    const std::string text = offer_text("chromium-simulcast");
    for (std::size_t size = 0; size < text.size(); ++size) parse(text.substr(0, size), {});
}

TEST(SdpParser, LimitsAreNamed) {
    const auto got = parse(small_offer(), {.bytes = 100});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().object, "limits.sdp_bytes");
    EXPECT_EQ(parse(small_offer(), {.lines = 3}).error().object, "limits.sdp_lines");
}

}  // namespace
}  // namespace strata::control::sdp

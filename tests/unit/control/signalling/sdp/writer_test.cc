#include "control/signalling/sdp/writer.h"

#include <gtest/gtest.h>

#include "tests/unit/control/signalling/sdp/offers.h"

namespace strata::control::sdp {
namespace {

// What is written is read back as it was, offers and answers of other stacks included.
TEST(SdpWriter, RoundTripOfEveryOffer) {
    for (const char* name :
         {"chromium-simulcast", "chromium-svc", "chromium-view", "aiortc-publish", "aiortc-view"}) {
        Description first = offer(name);
        // What the parser doesn't keep: formats without a=rtpmap.
        for (Media& media : first.media)
            if (media.kind == "application") media.port = 0;
        const Description second = parsed(write(first));
        ASSERT_EQ(first.media.size(), second.media.size()) << name;
        EXPECT_EQ(first.bundle, second.bundle);
        EXPECT_EQ(first.extmap_allow_mixed, second.extmap_allow_mixed);
        for (std::size_t i = 0; i < first.media.size(); ++i) {
            const Media &a = first.media[i], &b = second.media[i];
            if (a.rejected()) continue;
            EXPECT_EQ(a.formats, b.formats) << name;
            EXPECT_EQ(a.extensions, b.extensions);
            EXPECT_EQ(a.rids, b.rids);
            EXPECT_EQ(a.simulcast_send, b.simulcast_send);
            EXPECT_EQ(a.sources, b.sources);
            EXPECT_EQ(a.source_groups, b.source_groups);
            EXPECT_EQ(a.transport, b.transport);
            EXPECT_EQ(a.msid, b.msid);
            EXPECT_EQ(a.direction, b.direction);
        }
    }
}

TEST(SdpWriter, AnOfferOfOurOwn) {
    Media video{.kind = "video", .mid = "v0", .direction = Direction::sendonly, .rtcp_mux = true};
    video.formats = {
        {.payload_type = 96, .codec = "VP8", .clock_rate_hz = 90000, .feedback = {"nack pli"}}};
    video.sources = {{5, "c"}, {6, "c"}};
    video.source_groups = {{"FID", {5, 6}}};
    video.msid = Msid{"s", "t"};
    video.transport = {"ufrag", "password-password-1234", Fingerprint{}, Setup::actpass};
    video.candidates = {{"1", false, 5, "2001:db8::1", 4000}, {"2", true, 4, "192.0.2.1", 443}};
    video.end_of_candidates = true;
    const std::string text =
        write({.session_id = 9, .ice_lite = true, .bundle = {"v0"}, .media = {video}});
    for (const char* line :
         {"o=- 9 1 IN IP4 127.0.0.1\r\n", "a=ice-lite\r\n", "a=group:BUNDLE v0\r\n",
          "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", "c=IN IP6 2001:db8::1\r\n", "a=setup:actpass\r\n",
          "a=ssrc-group:FID 5 6\r\n", "a=ssrc:6 cname:c\r\n", "a=ssrc:5 msid:s t\r\n",
          "a=candidate:1 1 udp 5 2001:db8::1 4000 typ host\r\n",
          "a=candidate:2 1 tcp 4 192.0.2.1 443 typ host tcptype passive\r\n",
          "a=end-of-candidates\r\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(SdpWriter, RejectedSectionsAreBare) {
    const std::string text = write({.media = {{.kind = "application",
                                               .port = 0,
                                               .protocol = "UDP/DTLS/SCTP",
                                               .format_names = {"webrtc-datachannel"},
                                               .mid = "2"}}});
    EXPECT_NE(text.find("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"
                        "c=IN IP4 0.0.0.0\r\na=mid:2\r\na=inactive\r\n"),
              std::string::npos);
}

}  // namespace
}  // namespace strata::control::sdp

#include "control/signalling/sdp/publish_plan.h"

#include <gtest/gtest.h>

#include "control/room/media_rules.h"
#include "tests/unit/control/signalling/sdp/offers.h"

namespace strata::control::sdp {
namespace {

std::vector<std::string> rids(const TrackSpec& track) {
    std::vector<std::string> names;
    for (const Encoding& e : track.encodings) names.push_back(e.rid);
    return names;
}

TEST(SdpPublishPlan, ChromiumSimulcast) {
    const auto sections = plan_publish(offer("chromium-simulcast"), {});
    ASSERT_TRUE(sections);
    ASSERT_EQ(sections->size(), 2u);
    const TrackSpec &audio = (*sections)[0].track, &video = (*sections)[1].track;
    EXPECT_EQ(audio.codec, "opus");
    EXPECT_EQ(audio.payload_type, 111);
    EXPECT_EQ(audio.red_payload_type, 63);
    EXPECT_EQ(audio.name, "audio");
    EXPECT_EQ(audio.encodings.size(), 1u);
    EXPECT_NE(audio.encodings[0].ssrc, 0u);
    EXPECT_EQ(video.codec, "VP8");
    EXPECT_EQ(video.mid, "1");
    EXPECT_EQ(rids(video), (std::vector<std::string>{"q", "h", "f"}));
    EXPECT_TRUE(video.extensions.contains(10));
}

TEST(SdpPublishPlan, SmallestPictureFirst) {
    const std::string base = "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n";
    const auto order = [&](const std::string& lines) {
        return rids(plan_publish(parsed(small_offer(base + lines)), {})->at(0).track);
    };
    EXPECT_EQ(order("a=rid:f send\r\na=rid:h send\r\na=rid:q send\r\na=simulcast:send f;h;q\r\n"),
              (std::vector<std::string>{"q", "h", "f"}));
    EXPECT_EQ(order("a=rid:a send max-width=1280\r\na=rid:b send max-width=320\r\n"
                    "a=simulcast:send a;b\r\n"),
              (std::vector<std::string>{"b", "a"}));
    EXPECT_EQ(order("a=rid:z send\r\na=rid:y send\r\na=simulcast:send z;y\r\n"),
              (std::vector<std::string>{"z", "y"}));
    // At most four encodings; the answer names those alone.
    const auto many = plan_publish(
        parsed(small_offer(base + "a=rid:1 send\r\na=rid:2 send\r\na=rid:3 send\r\na=rid:4 send\r\n"
                                  "a=rid:5 send\r\na=simulcast:send 1;2;3;4;5\r\n")),
        {});
    EXPECT_EQ(many->at(0).track.encodings.size(), 4u);
    EXPECT_EQ(many->at(0).answer.simulcast_recv.size(), 4u);
}

// Candidates of a peer aren't needed, and those of browsers are names of multicast DNS (RFC 8828).
TEST(SdpPublishPlan, CandidatesArentLookedAt) {
    const auto plan = [](const std::string& lines) {
        return plan_publish(parsed(small_offer(lines)), {}).value().at(0).track;
    };
    const TrackSpec without = plan("");
    for (const char* lines :
         {"a=candidate:1 1 udp 2113937151 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0.local 54321 typ "
          "host "
          "generation 0 network-cost 999\r\na=end-of-candidates\r\n",
          "a=candidate:1 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active\r\n",
          "a=candidate:nonsense\r\n", "a=ice-options:trickle\r\n"}) {
        const TrackSpec with = plan(lines);
        EXPECT_EQ(with.encodings.at(0).ssrc, without.encodings.at(0).ssrc) << lines;
        EXPECT_EQ(with.payload_type, without.payload_type) << lines;
    }
}

// RFC 8843 section 9.2
TEST(SdpPublishPlan, ByMidAlone) {
    const auto without_ssrc = [](const std::string& extra) {
        const std::string line = "a=ssrc:7 cname:x\r\n";
        std::string text = small_offer(extra);
        return parsed(text.erase(text.find(line), line.size()));
    };
    const auto sections =
        plan_publish(without_ssrc("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"), {});
    ASSERT_TRUE(sections);
    const TrackSpec& track = sections->at(0).track;
    ASSERT_EQ(track.encodings.size(), 1u);
    EXPECT_EQ(track.encodings[0].ssrc, 0u);
    EXPECT_TRUE(track.encodings[0].rid.empty());
    EXPECT_FALSE(track.mid.empty());
    EXPECT_TRUE(track.extensions.contains(4));
    EXPECT_TRUE(make_track(track)) << "the API's rules agree";
    EXPECT_FALSE(plan_publish(without_ssrc(""), {})) << "nothing names its packets";
}

TEST(SdpPublishPlan, BySsrcGroups) {
    const auto one = plan_publish(offer("aiortc-publish"), {.retransmission = true});
    ASSERT_TRUE(one);
    EXPECT_EQ((*one)[1].track.encodings[0].ssrc, 1084783926u);
    EXPECT_EQ((*one)[1].track.encodings[0].rtx_ssrc, 2686003731u);
    const auto three =
        plan_publish(parsed(small_offer("a=ssrc-group:SIM 21 22 23\r\na=ssrc-group:FID 22 32\r\n")),
                     {.retransmission = true});
    EXPECT_EQ(three->at(0).track.encodings.size(), 3u);
}

TEST(SdpPublishPlan, NothingInCommonIsNotAcceptable) {
    for (const std::string& text :
         {small_offer("a=recvonly\r\n"), offer_text("chromium-view"),
          small_offer("", "m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=rtpmap:97 H265/90000\r\n")}) {
        const auto got = plan_publish(parsed(text), {});
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, ErrorCode::not_acceptable);
    }
}

}  // namespace
}  // namespace strata::control::sdp

#include "control/signalling/sdp/answer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "control/signalling/sdp/publish_plan.h"
#include "control/signalling/sdp/terms.h"
#include "control/signalling/sdp/view_plan.h"
#include "control/signalling/sdp/writer.h"
#include "tests/unit/control/signalling/sdp/offers.h"

namespace strata::control::sdp {
namespace {

const LocalTransport kLocal{.ice_ufrag = "LOCAL",
                            .ice_pwd = "localpasswordlocalpasswd",
                            .candidates = {{"1", false, 99, "127.0.0.1", 20000}}};

Description publish_answer(const Description& from, const Capabilities& capabilities = {}) {
    std::map<std::size_t, Media> accepted;
    const auto sections = plan_publish(from, capabilities);
    for (const PublishedSection& section : sections.value())
        accepted.emplace(section.index, section.answer);
    return parsed(write(make_answer(from, std::move(accepted), kLocal, 5)));
}

// Rules that hold for any answer (RFC 8829 section 5.3).
void check_answer(const Description& from, const Description& answer) {
    ASSERT_EQ(answer.media.size(), from.media.size());
    EXPECT_TRUE(answer.ice_lite);
    EXPECT_EQ(answer.extmap_allow_mixed, from.extmap_allow_mixed);
    bool first = true;
    std::vector<ExtensionMapping> extensions;
    for (std::size_t i = 0; i < from.media.size(); ++i) {
        const Media &ours = answer.media[i], &theirs = from.media[i];
        EXPECT_EQ(ours.kind, theirs.kind);
        EXPECT_EQ(ours.mid, theirs.mid);
        const bool bundled = std::ranges::find(answer.bundle, ours.mid) != answer.bundle.end();
        EXPECT_EQ(bundled, !ours.rejected());
        if (ours.rejected()) continue;
        EXPECT_EQ(ours.transport.setup, Setup::passive);  // C45
        EXPECT_TRUE(ours.rtcp_mux);
        EXPECT_EQ(ours.rtcp_rsize, theirs.rtcp_rsize);
        EXPECT_EQ(ours.transport.ice_ufrag, "LOCAL");
        EXPECT_TRUE(ours.transport.fingerprint);
        EXPECT_EQ(ours.end_of_candidates, first);
        first = false;
        for (const ExtensionMapping& e : ours.extensions) {
            EXPECT_NE(std::ranges::find(theirs.extensions, e), theirs.extensions.end());
            for (const ExtensionMapping& other : extensions)
                EXPECT_EQ(other.id == e.id, other.uri == e.uri);
            extensions.push_back(e);
        }
        for (const Format& f : ours.formats) {
            const auto offered =
                std::ranges::find(theirs.formats, f.payload_type, &Format::payload_type);
            ASSERT_NE(offered, theirs.formats.end());
            EXPECT_EQ(offered->codec, f.codec);
            EXPECT_EQ(offered->parameters, f.parameters);
        }
    }
}

TEST(SdpAnswer, ChromiumSimulcast) {
    const Description from = offer("chromium-simulcast");
    const Description answer = publish_answer(from);
    check_answer(from, answer);
    const Media& video = answer.media[1];
    EXPECT_EQ(video.direction, Direction::recvonly);
    EXPECT_EQ(video.formats.size(), 1u);
    EXPECT_EQ(video.formats[0].feedback, (std::vector<std::string>{"ccm fir", "nack pli"}));
    EXPECT_EQ(video.simulcast_recv, (std::vector<std::string>{"q", "h", "f"}));
    ASSERT_EQ(video.rids.size(), 3u);
    EXPECT_FALSE(video.rids[0].send);
    const auto has = [&](std::string_view name) {
        return std::ranges::find(video.extensions, name, &ExtensionMapping::uri) !=
               video.extensions.end();
    };
    EXPECT_TRUE(has(uri::kMid) && has(uri::kRid) && has(uri::kRepairedRid));
    EXPECT_FALSE(has(uri::kDependencyDescriptor));  // B9: VP8
    EXPECT_FALSE(has(uri::kVideoOrientation));      // C37
    EXPECT_FALSE(has(uri::kTransportCc));           // doesn't work yet
}

TEST(SdpAnswer, ChromiumSvcWithAllCapabilities) {
    const Description from = offer("chromium-svc");
    const Description answer =
        publish_answer(from, {.retransmission = true, .transport_cc = true, .stamps_mid = true});
    check_answer(from, answer);
    const Media& video = answer.media[1];
    EXPECT_EQ(video.formats.size(), 2u);
    EXPECT_EQ(video.formats[1].codec, "rtx");
    EXPECT_EQ(video.formats[1].parameters, "apt=" + std::to_string(video.formats[0].payload_type));
    EXPECT_NE(
        std::ranges::find(video.extensions, uri::kDependencyDescriptor, &ExtensionMapping::uri),
        video.extensions.end());
    EXPECT_NE(std::ranges::find(video.formats[0].feedback, "transport-cc"),
              video.formats[0].feedback.end());
}

TEST(SdpAnswer, OtherStacks) {
    for (const char* name : {"aiortc-publish", "gstreamer-publish"}) {
        const Description from = offer(name);
        const Description answer = publish_answer(from);
        check_answer(from, answer);
        EXPECT_EQ(answer.bundle.size(), 2u) << name;
    }
}

TEST(SdpAnswer, UnknownAndDataSectionsAreRejectedAndUnbundled) {
    const Description from = parsed(small_offer(
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n"));
    const Description answer = publish_answer(from);
    check_answer(from, answer);
    EXPECT_TRUE(answer.media[1].rejected());
    EXPECT_EQ(answer.bundle, std::vector<std::string>{"0"});
}

// What nobody relays has no place in the answer, what is beside it has.
TEST(SdpAnswer, ASectionWithoutAKnownCodecIsRejected) {
    const std::string beside =
        "m=audio 9 UDP/TLS/RTP/SAVPF 0 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sendonly\r\n"
        "a=rtcp-mux\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:96 newest/90000\r\na=ssrc:8 cname:x\r\n";
    std::string text = small_offer(beside);
    text.replace(text.find("BUNDLE 0"), 8, "BUNDLE 0 1");
    const Description from = parsed(text), answer = publish_answer(from);
    check_answer(from, answer);
    EXPECT_FALSE(answer.media[0].rejected());
    EXPECT_TRUE(answer.media[1].rejected());
    EXPECT_EQ(answer.bundle, std::vector<std::string>{"0"});
}

// RFC 8839 section 5.1, RFC 8838 section 14: once, where the bundle's transport is described.
TEST(SdpAnswer, CandidatesStandInTheFirstAcceptedSection) {
    std::map<std::size_t, Media> accepted;
    const Description from = offer("chromium-simulcast");
    const auto sections = plan_publish(from, {});
    for (const PublishedSection& section : sections.value())
        accepted.emplace(section.index, section.answer);
    accepted.erase(0);  // the first section is rejected
    const std::string text = write(make_answer(from, std::move(accepted), kLocal, 5));
    const auto second = text.find("m=video"), candidate = text.find("a=candidate:");
    EXPECT_EQ(text.find("m=audio 0 "), text.find("m=audio"));
    EXPECT_GT(candidate, second);
    EXPECT_EQ(text.find("a=candidate:", candidate + 1), std::string::npos);
    EXPECT_GT(text.find("a=end-of-candidates"), candidate);
}

TEST(SdpAnswer, Viewer) {
    const Description from = offer("chromium-view");
    Track track{.id = {7}, .participant = {3}, .codec = "VP9"};
    track.format_parameters = "profile-id=0";
    BundleExtensions bundle;
    auto section = plan_view(from, 1, track, {.retransmission = true}, bundle);
    ASSERT_TRUE(section);
    EXPECT_FALSE(plan_view(from, 0, track, {}, bundle));
    Subscription leg{.ssrc = 11, .rtx_ssrc = 12};
    name_sources(leg, track, section->answer);
    const Description answer = parsed(write(make_answer(from, {{1, section->answer}}, kLocal, 5)));
    check_answer(from, answer);
    const Media& video = answer.media[1];
    EXPECT_EQ(video.direction, Direction::sendonly);
    EXPECT_EQ(video.formats[0].codec, "VP9");
    EXPECT_EQ(section->subscription.payload_type, video.formats[0].payload_type);
    EXPECT_EQ(section->subscription.mid, "1");
    EXPECT_EQ(video.source_groups[0].ssrcs, (std::vector<std::uint32_t>{11, 12}));
    const auto offers = [](const Format& format, std::string_view feedback) {
        return std::ranges::find(format.feedback, feedback) != format.feedback.end();
    };
    ASSERT_EQ(video.formats.size(), 2u);
    EXPECT_TRUE(offers(video.formats[0], "nack"));
    EXPECT_EQ(video.formats[1].codec, "rtx");
    EXPECT_EQ(video.formats[1].parameters, "apt=" + std::to_string(video.formats[0].payload_type));
    EXPECT_EQ(section->subscription.rtx_payload_type, video.formats[1].payload_type);
    EXPECT_EQ(video.msid, (Msid{"strata-3", "t7"}));
    EXPECT_TRUE(answer.media[0].rejected() && answer.media[2].rejected());
}

// RED is agreed on where it is offered and comes from RED.
TEST(SdpAnswer, RedGoesOnlyWhereItComesFrom) {
    const Description from = offer("chromium-view");
    ASSERT_EQ(from.media[0].kind, "audio");
    Track track{.id = {7}, .participant = {3}, .codec = "opus"};
    for (const std::uint8_t red : {std::uint8_t{0}, std::uint8_t{63}}) {
        track.red_payload_type = red;
        BundleExtensions bundle;
        const auto section = plan_view(from, 0, track, {}, bundle);
        ASSERT_TRUE(section);
        const auto& formats = section->answer.formats;
        EXPECT_EQ(formats.size(), red != 0 ? 2u : 1u);
        EXPECT_EQ(formats[0].codec, "opus");
        if (red != 0) {
            EXPECT_EQ(formats[1].codec, "red");
        }
        EXPECT_EQ(section->subscription.red_payload_type,
                  red != 0 ? formats[1].payload_type : std::uint8_t{0});
    }
    // And of what is published both are taken.
    const Description answer = publish_answer(offer("chromium-simulcast"));
    ASSERT_EQ(answer.media[0].formats.size(), 2u);
    EXPECT_EQ(answer.media[0].formats[1].codec, "red");
}

TEST(SdpAnswer, PrioritiesFall) {
    EXPECT_GT(candidate_priority(false, 0), candidate_priority(false, 1));
    EXPECT_GT(candidate_priority(false, 9), candidate_priority(true, 0));
}

}  // namespace
}  // namespace strata::control::sdp

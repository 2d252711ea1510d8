#include "control/signalling/sessions.h"

#include <gtest/gtest.h>

#include "tests/unit/control/signalling/fixture.h"

namespace strata::control {
namespace {

struct SessionsTest : testing::Test, SessionsFixture {
    std::string patch(const Sessions::Opened& opened, const std::string& if_match,
                      const std::string& fragment) {
        const auto got = sessions->patch(WebRtcPeer::Kind::publisher, "demo", opened.session,
                                         if_match, fragment);
        if (!got) return std::string(error_code_text(got.error().code));
        return got->fragment.empty() ? "ignored" : got->fragment;
    }
    static std::string fragment(const std::string& ufrag) {
        return "a=ice-ufrag:" + ufrag + "\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n";
    }
};

TEST_F(SessionsTest, APublisherIsAParticipantWithTracks) {
    const Sessions::Opened opened = publish();
    const ParticipantId id = newest();
    EXPECT_EQ(node->directory().published(id).size(), 2u);
    EXPECT_EQ(opened.session.size(), 22u);
    const api::Transport t = transport(id);
    ASSERT_EQ(t.ice().credentials_size(), 1);
    EXPECT_GE(t.ice().credentials(0).local_password().size(), 24u);
    EXPECT_EQ(opened.etag, '"' + t.ice().credentials(0).local_ufrag() + '"');
    EXPECT_EQ(t.security().profile(), api::SRTP_PROFILE_NONE);
    EXPECT_TRUE(handshakes->expects(id));
    const sdp::Description answer = sdp::parsed(opened.answer);
    EXPECT_EQ(answer.media[0].transport.fingerprint, handshakes->fingerprint());
    EXPECT_EQ(answer.media[0].transport.ice_pwd, t.ice().credentials(0).local_password());
    // UDP first, both IP versions, TCP behind it (RFC 6544).
    for (const char* candidate :
         {"a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host\r\n"
          "a=candidate:2 1 udp 2130706175 ::1 40000 typ host\r\n"
          "a=candidate:3 1 tcp 1526726143 198.51.100.7 443 typ host tcptype passive\r\n"
          "a=candidate:4 1 tcp 1526725887 2001:db8::1 8443 typ host tcptype passive\r\n"
          "a=end-of-candidates\r\n"})
        EXPECT_NE(opened.answer.find(candidate), std::string::npos) << opened.answer;
    EXPECT_EQ(answer.media[1].simulcast_recv.size(), 3u);
    // Random each time.
    EXPECT_NE(publish("chromium-svc").session, opened.session);
}

TEST_F(SessionsTest, AViewerIsToldOfTheRtxSsrc) {  // C26
    publish("chromium-svc");
    const auto opened = sessions->view("demo", sdp::offer_text("chromium-view"), {});
    ASSERT_TRUE(opened) << opened.error().detail;
    const sdp::Description answer = sdp::parsed(opened->answer);
    std::size_t groups = 0;
    for (const auto& [key, bytes] : dataplane.objects) {
        api::Object object;
        object.ParseFromString(bytes);
        if (!object.has_subscription() || object.subscription().rtx_ssrc() == 0) continue;
        const api::Subscription& leg = object.subscription();
        EXPECT_NE(leg.rtx_payload_type(), 0u);
        for (const sdp::Media& media : answer.media)
            for (const sdp::SourceGroup& group : media.source_groups)
                groups += group.semantics == "FID" &&
                          group.ssrcs == std::vector<std::uint32_t>{leg.ssrc(), leg.rtx_ssrc()};
    }
    EXPECT_EQ(groups, 1u);
}

TEST_F(SessionsTest, KeysAreHandedDownAndNeverStored) {  // C45
    publish();
    const ParticipantId id = newest();
    bool in_force = false;
    peers->install(id, keys(), [&] { in_force = true; });
    EXPECT_TRUE(in_force);
    EXPECT_EQ(transport(id).security().profile(), api::SRTP_PROFILE_AEAD_AES_128_GCM);
    EXPECT_EQ(transport(id).security().inbound_key(), std::string(16, 7));
    EXPECT_TRUE(transport(id).security().flight_follows());
    const auto stored = store.get("participants/" + std::to_string(id.value));
    EXPECT_EQ((*stored)->value.find("key\""), std::string::npos);
    EXPECT_EQ((*stored)->value.find(std::string(8, 7)), std::string::npos);

    run_timers();  // limits.session_setup_s: it has keys
    EXPECT_TRUE(node->directory().participants().contains(id));

    // A new control keeps the peer with this data plane, whose keys stay.
    restart();
    start();
    connect();
    run_timers();
    ASSERT_TRUE(node->directory().participants().contains(id));
    EXPECT_EQ(transport(id).security().profile(), api::SRTP_PROFILE_NONE);
    EXPECT_TRUE(transport(id).security().keep());
}

TEST_F(SessionsTest, PeersWithoutKeysEndWithTheirHandshake) {
    publish();
    const ParticipantId id = newest();
    restart();
    start();
    connect();
    run_timers();
    EXPECT_FALSE(node->directory().participants().contains(id));
}

TEST_F(SessionsTest, LostKeysEndASession) {
    publish();
    const ParticipantId id = newest();
    peers->install(id, keys(), [] {});
    restart();
    dataplane = FakeDataplane(78);  // both are new: nobody has the keys
    start();
    connect();
    run_timers();
    EXPECT_FALSE(node->directory().participants().contains(id));
}

TEST_F(SessionsTest, WithoutKeysInTimeItEnds) {
    publish();
    run_timers();
    EXPECT_TRUE(node->directory().participants().empty());
    EXPECT_TRUE(dataplane.objects.empty());
    EXPECT_EQ(node->limits().hits(Limit::session_setup_s), 1u);
}

TEST_F(SessionsTest, AViewerGetsOneAudioAndOneVideo) {
    publish("chromium-svc");
    const auto opened = sessions->view("demo", sdp::offer_text("chromium-view"), {});
    ASSERT_TRUE(opened) << opened.error().detail;
    const ParticipantId id = newest();
    EXPECT_EQ(node->directory().received(id).size(), 2u);
    const sdp::Description answer = sdp::parsed(opened->answer);
    EXPECT_EQ(answer.bundle.size(), 2u);
    for (const SubscriptionId leg : node->directory().received(id)) {
        const Subscription& s = node->directory().subscriptions().at(leg);
        const bool audio = node->directory().tracks().at(s.track).codec == "opus";
        EXPECT_EQ(answer.media[audio ? 0 : 1].sources[0].ssrc, s.ssrc);
        EXPECT_EQ(s.mid, audio ? "0" : "1");
        if (!audio) {  // B9: AV1 to a viewer without the descriptor
            EXPECT_EQ(s.target.spatial, 0);
        }
    }
    EXPECT_TRUE(answer.media[2].rejected());
}

TEST_F(SessionsTest, ViewersSayWhomTheyWant) {
    publish("chromium-svc");
    const ParticipantId first = newest();
    publish("aiortc-publish");
    const std::string offer = sdp::offer_text("chromium-view");
    EXPECT_TRUE(sessions->view("demo", offer, {.participant = id_text(first)}));
    const Subscription& leg = node->directory().subscriptions().rbegin()->second;
    EXPECT_EQ(node->directory().tracks().at(leg.track).participant, first);
    const TrackId track = *node->directory().published(first).begin();
    EXPECT_TRUE(sessions->view("demo", offer, {.track = id_text(track)}));
    EXPECT_EQ(sessions->view("demo", offer, {.track = "t999"}).error().code, ErrorCode::not_found);
    EXPECT_EQ(sessions->view("demo", offer, {.participant = "bob"}).error().code,
              ErrorCode::not_found);
    EXPECT_EQ(sessions->view("none", offer, {}).error().code, ErrorCode::not_found);
    const auto impossible = sessions->view("demo", sdp::offer_text("aiortc-view"),
                                           {.participant = id_text(first), .layers = "max"});
    // aiortc decodes no AV1: audio alone is received.
    ASSERT_TRUE(impossible);
    EXPECT_EQ(node->directory().received(newest()).size(), 1u);
    const sdp::Description answer = sdp::parsed(impossible->answer);
    EXPECT_EQ(answer.media[1].direction, sdp::Direction::inactive);
    EXPECT_EQ(answer.bundle.size(), 2u);
}

TEST_F(SessionsTest, RefusedOffersLeaveNothing) {
    for (const std::string& text : {std::string("junk"), sdp::offer_text("chromium-view"),
                                    sdp::small_offer("a=recvonly\r\n")})
        EXPECT_FALSE(sessions->publish("demo", text));
    EXPECT_FALSE(sessions->publish("none", sdp::offer_text("chromium-svc")));
    EXPECT_TRUE(node->directory().participants().empty());
    // The same SSRCs again are another publisher's.
    publish("chromium-svc");
    const auto again = sessions->publish("demo", sdp::offer_text("chromium-svc"));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::ssrc_collision);
    EXPECT_EQ(node->directory().participants().size(), 1u);
}

TEST_F(SessionsTest, TrickleIsIgnoredAndRestartsAreNot) {  // C44
    const Sessions::Opened opened = publish();
    const std::string theirs = peer(newest()).credentials[0].remote_ufrag;
    EXPECT_EQ(patch(opened, "", fragment(theirs)), "precondition-required");
    EXPECT_EQ(patch(opened, "\"other\"", fragment(theirs)), "precondition-failed");
    EXPECT_EQ(patch(opened, opened.etag, "junk"), "invalid-sdp");
    EXPECT_EQ(patch(opened, opened.etag, fragment(theirs)), "ignored");
    const std::string answer = patch(opened, "*", fragment("NEWU"));
    ASSERT_EQ(peer(newest()).credentials.size(), 2u);
    const IceCredentials fresh = peer(newest()).credentials[0];
    EXPECT_EQ(fresh.remote_ufrag, "NEWU");
    EXPECT_NE(answer.find("a=ice-ufrag:" + fresh.ufrag), std::string::npos) << answer;
    EXPECT_EQ(transport(newest()).ice().credentials_size(), 2);
    EXPECT_EQ(patch(opened, opened.etag, fragment(theirs)), "precondition-failed");
    peers->install(newest(), keys(), [] {});
    run_timers();
    EXPECT_EQ(peer(newest()).credentials, std::vector<IceCredentials>{fresh});
}

TEST_F(SessionsTest, EndAndSilence) {
    const Sessions::Opened opened = publish();
    EXPECT_FALSE(sessions->end(WebRtcPeer::Kind::viewer, "demo", opened.session));
    EXPECT_FALSE(sessions->end(WebRtcPeer::Kind::publisher, "other", opened.session));
    EXPECT_TRUE(sessions->end(WebRtcPeer::Kind::publisher, "demo", opened.session));
    EXPECT_FALSE(sessions->end(WebRtcPeer::Kind::publisher, "demo", opened.session));
    EXPECT_EQ(handshakes->expected(), 0u);

    publish();
    const ParticipantId id = newest();
    peers->install(id, keys(), [] {});
    run_timers();
    node->watcher.consent_lost(id);
    node->watcher.nominated(id);  // it came back
    run_timers();
    EXPECT_TRUE(node->directory().participants().contains(id));
    node->watcher.consent_lost(id);
    run_timers();
    EXPECT_FALSE(node->directory().participants().contains(id));
}

}  // namespace
}  // namespace strata::control

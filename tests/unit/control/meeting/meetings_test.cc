#include "control/meeting/meetings.h"

#include <gtest/gtest.h>

#include "tests/unit/control/meeting/fixture.h"

namespace strata::control {
namespace {

using json = nlohmann::json;

struct MeetingsTest : testing::Test, MeetingsFixture {};

TEST_F(MeetingsTest, JoinedSaysWhoIsThereAndTheOfferFollows) {
    Client alice = connect_client();
    const json joined = alice.join({{"name", "Alice"}});
    ASSERT_EQ(joined.at("type"), "joined") << joined;
    EXPECT_EQ(joined.at("member").at("name"), "Alice");
    EXPECT_EQ(joined.at("room"), (json{{"name", "demo"}, {"profile", "meeting"}}));
    EXPECT_EQ(joined.at("rights"), (json{"publish", "subscribe", "admin"}));
    EXPECT_EQ(joined.at("may_publish"), (json{{"audio", true}, {"video", true}}));
    EXPECT_EQ(joined.at("receive"), (json{{"video", 9}, {"audio", 4}}));
    EXPECT_EQ(joined.at("ice_servers")[0].at("urls")[0], "stun:a.example");
    EXPECT_EQ(joined.at("members").size(), 1u);
    EXPECT_GE(joined.at("resume").get<std::string>().size(), 32u);
    const json offer = alice.next("offer");
    EXPECT_EQ(offer.at("generation"), 1);
    EXPECT_EQ(sdp::parsed(offer.at("sdp")).media.size(), 13u);
    EXPECT_EQ(alice.next("member-joined").at("member").at("id"), alice.id());

    Client bob = member("Bob", {{"receive", {{"video", 1}, {"audio", 0}}}});
    EXPECT_EQ(bob.joined.at("members").size(), 2u);
    EXPECT_EQ(alice.next("member-joined").at("member").at("name"), "Bob");
    Client deaf = member("Carol", {{"receive", {{"video", 0}, {"audio", 0}}}});
    EXPECT_TRUE(deaf.next("offer").is_null());
}

TEST_F(MeetingsTest, MutingStopsTheMediaAndIsTold) {
    Client alice = member("Alice"), bob = member("Bob");
    const std::string track = bob.publish().at("tracks")[0].at("id");
    EXPECT_EQ(bob.ask({{"type", "mute"}, {"track", track}, {"muted", true}}).at("type"), "ok");
    EXPECT_EQ(bob.next("muted"), nullptr);  // it knows
    for (const api::Subscription& feed : feeds())
        EXPECT_EQ(feed.target().paused(), feed.mid() == "0");
    EXPECT_EQ(alice.ask({{"type", "mute"}, {"track", track}, {"muted", false}}).at("type"), "ok");
    EXPECT_EQ(bob.next("muted"),
              (json{{"type", "muted"}, {"track", track}, {"muted", false}, {"by", alice.id()}}));
    EXPECT_EQ(alice.ask({{"type", "mute"}, {"track", "t9999"}, {"muted", true}}).at("code"),
              "not-found");
}

TEST_F(MeetingsTest, LeavingAndBeingRemoved) {
    Client alice = member("Alice"), bob = member("Bob"), carol = member("Carol");
    bob.publish();
    EXPECT_EQ(bob.ask({{"type", "leave"}}).at("type"), "ok");
    EXPECT_EQ(bob.socket->closed_with, CloseCode::normal);
    EXPECT_EQ(alice.next("member-left"),
              (json{{"type", "member-left"}, {"member", bob.id()}, {"reason", "left"}}));
    EXPECT_EQ(node->directory().tracks().size(), 0u);
    bob.lose();

    EXPECT_EQ(alice.ask({{"type", "remove"}, {"member", carol.id()}}).at("type"), "ok");
    EXPECT_EQ(carol.next("closing").at("code"), "removed");
    EXPECT_EQ(carol.socket->closed_with, CloseCode::normal);
    EXPECT_EQ(alice.next("member-left").at("reason"), "removed");
    EXPECT_EQ(alice.ask({{"type", "remove"}, {"member", carol.id()}}).at("code"), "not-found");

    node->carry_out(node->directory().plan_remove_room("demo"));
    run_turn();
    EXPECT_EQ(alice.next("closing").at("code"), "room-removed");
    EXPECT_TRUE(node->directory().members().empty());
}

TEST_F(MeetingsTest, ALostMemberComesBackToItsPlace) {
    Client alice = member("Alice"), bob = member("Bob");
    bob.publish();
    const auto before = filled(alice);
    alice.lose();
    Client again = connect_client();
    const json joined = again.join({{"name", "Alice"}, {"resume", alice.joined.at("resume")}});
    ASSERT_EQ(joined.at("type"), "joined") << joined;
    EXPECT_EQ(joined.at("member").at("id"), alice.id());
    EXPECT_EQ(joined.at("members").size(), 2u);
    EXPECT_EQ(filled(again), before);
    EXPECT_EQ(again.next("offer"), nullptr);
    EXPECT_EQ(again.next("receive-ended"), nullptr);
    run_timers();  // limits.meeting_resume_s of the first absence: it is over
    EXPECT_EQ(node->directory().members().size(), 2u);

    // Somebody else with the secret takes the place over.
    Client third = connect_client();
    third.join({{"name", "Alice"}, {"resume", alice.joined.at("resume")}});
    EXPECT_EQ(again.next("closing").at("code"), "replaced");
    again.lose();
    third.lose();
    run_timers();
    run_turn();
    EXPECT_EQ(bob.next("member-left").at("reason"), "lost");
    Client late = connect_client();
    EXPECT_EQ(late.join({{"name", "A"}, {"resume", alice.joined.at("resume")}}).at("code"),
              "precondition-failed");
}

TEST_F(MeetingsTest, ARestartOfControlKeepsEverything) {
    Client alice = member("Alice"), bob = member("Bob");
    bob.publish();
    for (const auto& [id, one] : node->directory().participants())
        peers->install(id, keys(), [] {});
    const auto before = filled(alice);
    const auto objects = feeds();
    alice.ask({{"type", "view"}, {"slots", {{"1", {{"height", 180}}}}}});
    restart_control();
    EXPECT_EQ(node->directory().members().size(), 2u);
    Client again = connect_client();
    again.join({{"name", "Alice"}, {"resume", alice.joined.at("resume")}});
    EXPECT_EQ(filled(again), before);
    for (std::size_t i = 0; i < objects.size(); ++i) EXPECT_EQ(feeds()[i].id(), objects[i].id());
    EXPECT_EQ(feeds()[1].target().spatial(), 0u);  // wishes are kept
}

TEST_F(MeetingsTest, AnEndedLegIsSaidAndMadeAnew) {
    Client alice = member("Alice"), bob = member("Bob");
    bob.publish();
    filled(alice);
    const MemberId id = *parse_member_id(alice.id());
    const ParticipantId leg = node->directory().receiving_leg(id)->id;
    peers->association_ended(leg, Handshakes::End::closed, "closed by the peer");
    run_turn();
    EXPECT_EQ(alice.next("receive-ended").at("reason"), "closed");
    EXPECT_EQ(alice.ask({{"type", "restart"}, {"leg", "receive"}}).at("type"), "ok");
    const json offer = alice.next("offer");
    EXPECT_EQ(offer.at("generation"), 2);
    alice.ask({{"type", "answer"}, {"sdp", browser_answer(offer.at("sdp"))}});
    EXPECT_EQ(filled(alice).size(), 2u);

    const ParticipantId camera =
        node->directory().publication(*parse_member_id(bob.id()), "camera")->id;
    peers->association_ended(camera, Handshakes::End::failed, "no");
    run_turn();
    EXPECT_EQ(
        bob.next("publication-ended"),
        (json{{"type", "publication-ended"}, {"publication", "camera"}, {"reason", "failed"}}));
}

// C44: the same peer connection, new credentials, the old ones hold for a while.
TEST_F(MeetingsTest, IceIsRestartedByTheRelay) {
    Client alice = connect_client();
    alice.join();
    const sdp::Description first = sdp::parsed(alice.next("offer").at("sdp"));
    EXPECT_EQ(alice.ask({{"type", "restart"}, {"leg", "receive"}}).at("type"), "ok");
    const json offer = alice.next("offer");
    EXPECT_EQ(offer.at("generation"), 1);
    const sdp::Description second = sdp::parsed(offer.at("sdp"));
    EXPECT_EQ(first.session_id, second.session_id);
    EXPECT_LT(first.session_version, second.session_version);
    EXPECT_NE(first.media[0].transport.ice_ufrag, second.media[0].transport.ice_ufrag);
    EXPECT_EQ(first.media[0].transport.fingerprint, second.media[0].transport.fingerprint);
    EXPECT_EQ(first.media[1].sources, second.media[1].sources);
    EXPECT_EQ(transport(newest()).ice().credentials_size(), 2);
    EXPECT_EQ(alice.ask({{"type", "answer"}, {"sdp", browser_answer(offer.at("sdp"))}}).at("type"),
              "ok");
    EXPECT_EQ(peer(newest()).credentials[0].remote_ufrag, "BRWS");
}

TEST_F(MeetingsTest, APublicationIsRestartedByItsClient) {
    Client alice = member("Alice");
    const std::string offer = fresh_offer("chromium-svc");
    const json published = alice.ask({{"type", "publish"},
                                      {"publication", "camera"},
                                      {"sdp", offer},
                                      {"tracks", {{{"mid", "1"}, {"source", "camera"}}}}});
    const sdp::Description answer = sdp::parsed(published.at("sdp"));
    EXPECT_TRUE(answer.media[0].rejected());  // not named
    const json restarted = alice.ask({{"type", "restart"}, {"leg", "camera"}, {"sdp", offer}});
    EXPECT_EQ(restarted.at("type"), "ok") << restarted;
    EXPECT_TRUE(sdp::parsed(restarted.at("sdp")).media[0].rejected());
}

TEST_F(MeetingsTest, WhipPublishersAreMembersToo) {
    Client alice = member("Alice");
    publish();
    run_turn();
    const json joined = alice.next("member-joined");  // of oneself
    EXPECT_EQ(joined.at("member").at("id"), alice.id());
    const json whip = alice.next("member-joined").at("member");
    EXPECT_EQ(whip.at("id"), id_text(newest()));
    EXPECT_EQ(whip.at("tracks")[0].at("source"), "microphone");
    EXPECT_EQ(whip.at("tracks")[1].at("source"), "camera");
    EXPECT_EQ(whip.at("tracks")[1].at("layers"), (json{"q:max", "h:max", "f:max"}));
    EXPECT_EQ(filled(alice).size(), 2u);
    EXPECT_EQ(alice.ask({{"type", "remove"}, {"member", id_text(newest())}}).at("type"), "ok");
    EXPECT_TRUE(filled(alice).empty());
    EXPECT_EQ(alice.next("member-left").at("reason"), "removed");
}

TEST_F(MeetingsTest, WhatIsRefused) {  // C52
    Client stranger = connect_client("nowhere");
    EXPECT_EQ(stranger.join().at("code"), "not-found");
    EXPECT_EQ(stranger.ask({{"type", "view"}}).at("code"), "bad-request");
    stranger.say("{");
    EXPECT_EQ(stranger.next("error").at("code"), "invalid-json");
    Client alice = member("Alice");
    EXPECT_EQ(alice.join().at("code"), "bad-request");
    EXPECT_EQ(alice.ask({{"type", "answer"}, {"sdp", "v=0"}}).at("code"), "invalid-sdp");
    EXPECT_EQ(alice.ask({{"type", "unpublish"}, {"publication", "x"}}).at("code"), "not-found");
    const json tracks = {{{"mid", "7"}, {"source", "camera"}}};
    EXPECT_EQ(alice.publish("a", tracks).at("code"), "not-acceptable");
    EXPECT_EQ(alice.publish("a", {{{"mid", "0"}, {"source", "camera"}}}).at("code"),
              "invalid-field");
    EXPECT_EQ(alice.publish("a", json::array()).at("code"), "invalid-field");
    EXPECT_EQ(alice.publish("a").at("type"), "published");
    EXPECT_EQ(alice.publish("a").at("code"), "already-exists");
    for (int i = 1; i < 8; ++i)
        EXPECT_EQ(alice.publish("p" + std::to_string(i)).at("type"), "published");
    EXPECT_EQ(alice.publish("p8").at("code"), "limit-reached");
    EXPECT_EQ(node->limits().hits(Limit::meeting_publications), 1u);
}

TEST_F(MeetingsTest, WhoSaysTooMuchIsClosed) {  // C52
    Client alice = member("Alice");
    const std::uint64_t rate = node->limits().value(Limit::meeting_messages_per_s);
    std::uint64_t refused = 0;
    for (std::uint64_t i = 0; i < 4 * rate; ++i) {
        const json answer = alice.ask({{"type", "view"}});
        if (answer.is_null()) break;
        refused += answer.value("code", "") == "limit-reached" ? 1 : 0;
    }
    EXPECT_EQ(refused, rate);
    EXPECT_EQ(alice.next("closing").at("code"), "limit-reached");
    EXPECT_EQ(alice.socket->closed_with, CloseCode::policy);
    // At the rate itself nobody is refused.
    Client bob = member("Bob");
    for (std::uint64_t i = 0; i < 4 * rate; ++i) {
        now += std::chrono::milliseconds(1000 / rate);
        EXPECT_EQ(bob.ask({{"type", "view"}}).at("type"), "ok");
    }
}

TEST_F(MeetingsTest, WhoNeverJoinsIsClosedAndADrainedRelaySaysSo) {
    Client silent = connect_client();
    Client alice = member("Alice");
    run_timers();
    EXPECT_EQ(silent.socket->closed_with, CloseCode::policy);
    EXPECT_EQ(node->limits().hits(Limit::meeting_join_s), 1u);
    EXPECT_TRUE(meetings->drain());
    EXPECT_EQ(alice.next("closing").at("code"), "draining");
    EXPECT_EQ(alice.socket->closed_with, CloseCode::going_away);
}

TEST_F(MeetingsTest, WithoutADataPlaneNobodyJoins) {
    node->session().disconnect("gone");
    talking = false;
    Client alice = connect_client();
    EXPECT_EQ(alice.join().at("code"), "dataplane-unavailable");
    EXPECT_TRUE(node->directory().members().empty());
}

}  // namespace
}  // namespace strata::control
